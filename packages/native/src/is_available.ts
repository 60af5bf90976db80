import { native } from "./_addon.ts";

/**
 * Whether the backend can be used: its binary was found, and the machine can run it.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { isAvailable } from "@jem-js/native";
 * import { expect } from "vitest";
 *
 * const backend = isAvailable() ? "native" : "cpu";
 * expect(await tf.setBackend(backend)).toBe(true);
 * ```
 *
 * @returns `true` when `tf.setBackend("native")` works.
 */
export function isAvailable(): boolean {
  return native.addon !== null;
}

/**
 * Why the backend cannot be used, in one sentence.
 *
 * @example Usage
 * ```ts
 * import { isAvailable, unavailableReason } from "@jem-js/native";
 * import { expect } from "vitest";
 *
 * expect(unavailableReason() === null).toBe(isAvailable());
 * ```
 *
 * @returns The reason, or `null` when the backend is available.
 */
export function unavailableReason(): string | null {
  return native.reason;
}

/**
 * The instruction set that the kernels use, picked for this machine when the package is loaded. The environment variable
 * `JEM_NATIVE_ISA` chooses a smaller one.
 *
 * @example Usage
 * ```ts
 * import { instructionSet } from "@jem-js/native";
 * import { expect } from "vitest";
 *
 * expect(["avx512", "avx2", "baseline", null]).toContain(instructionSet());
 * ```
 *
 * @returns `"avx512"`, `"avx2"` or `"baseline"` (SSE2 or NEON), or `null` when the backend is not available.
 */
export function instructionSet(): string | null {
  return native.instructionSet;
}
