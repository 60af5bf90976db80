import { native } from "./_addon.ts";

/** The most threads that the addon takes (`kMaxThreads` of `cpp/context.h`). */
const MOST = 128;

/**
 * Sets how many threads the kernels use, this one included. The default is one for each core that the process may use,
 * or the environment variable `JEM_NATIVE_THREADS`. Each worker thread of Node has a setting and threads of its own.
 *
 * @example Usage
 * ```ts
 * import { getThreads, isAvailable, setThreads } from "@jem-js/native";
 * import { expect } from "vitest";
 *
 * if (isAvailable()) {
 *   const before = getThreads();
 *   setThreads(1);
 *   expect(getThreads()).toBe(1);
 *   setThreads(before);
 * }
 * ```
 *
 * @param threads An integer from 1 to 128.
 * @throws {RangeError} When `threads` is not such an integer.
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST) {
    throw new RangeError(`Cannot set threads: threads must be an integer from 1 to ${MOST} but found ${threads}`);
  }
  if (native.addon === null) return;
  native.addon.configure(threads, native.instructionSet ?? "");
  native.threads = threads;
}

/**
 * How many threads the kernels use, this one included.
 *
 * @example Usage
 * ```ts
 * import { getThreads, isAvailable } from "@jem-js/native";
 * import { expect } from "vitest";
 *
 * expect(getThreads() > 0).toBe(isAvailable());
 * ```
 *
 * @returns The number of threads; 0 when the backend is not available.
 */
export function getThreads(): number {
  return native.threads;
}
