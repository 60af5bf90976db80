import { native } from "./_addon.ts";
import { memory } from "./_memory.ts";

/** What {@linkcode memoryInfo} returns, all in bytes. */
export interface MemoryInfo {
  /** Memory of tensors that are alive. */
  readonly used: number;
  /** Memory of disposed tensors, kept for the next ones. */
  readonly idle: number;
  /** Memory that kernels compute in. */
  readonly scratch: number;
  /** The most that `used` and `idle` may be together: see {@linkcode setMemoryLimit}. */
  readonly limit: number;
}

/**
 * The native memory that the backend holds. `tf.memory()` counts tensors and their logical bytes; results that wait to
 * be computed have no memory yet.
 *
 * @example Usage
 * ```ts
 * import { memoryInfo } from "@jem-js/native";
 * import { expect } from "vitest";
 *
 * expect(memoryInfo().limit).toBeGreaterThan(0);
 * ```
 *
 * @returns The bytes by use; zeros before the backend was first used.
 */
export function memoryInfo(): MemoryInfo {
  const { held, used } = memory.backend?.pool.bytes ?? { held: 0, used: 0 };
  return { used, idle: held - used, scratch: native.addon?.scratchBytes() ?? 0, limit: memory.limit };
}

/**
 * Sets how much memory tensors may take. A tensor that would go beyond it throws a `RangeError` instead of letting the
 * system end the process. The default is 80 % of the machine's memory, or of the container's.
 *
 * @example Usage
 * ```ts
 * import { memoryInfo, setMemoryLimit } from "@jem-js/native";
 * import { expect } from "vitest";
 *
 * const before = memoryInfo().limit;
 * setMemoryLimit(2 ** 30);
 * expect(memoryInfo().limit).toBe(2 ** 30);
 * setMemoryLimit(before);
 * ```
 *
 * @param bytes The limit, a positive number.
 * @throws {RangeError} When `bytes` is not positive.
 */
export function setMemoryLimit(bytes: number): void {
  if (!(bytes > 0)) throw new RangeError(`Cannot set the memory limit: bytes must be positive but found ${bytes}`);
  memory.limit = bytes;
  if (memory.backend !== null) memory.backend.pool.limit = bytes;
}

/**
 * Gives the memory back to the system that no tensor uses. The backend also does so by itself for memory that it did not
 * need for a while.
 *
 * @example Usage
 * ```ts
 * import { trimMemory } from "@jem-js/native";
 *
 * trimMemory();
 * ```
 */
export function trimMemory(): void {
  memory.backend?.pool.trim();
}
