import { type Tensor1D, tensor1d } from "@tensorflow/tfjs-core";
import type { Key } from "./key.ts";
import { permutationValues } from "./permutation_values.ts";

/**
 * Draws a permutation of `0, ..., length - 1` as a tensor; all are equally likely (Fisher–Yates).
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key, permutation } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const order = permutation(key(0), 10);
 * expect(order.shape).toEqual([10]);
 * order.dispose();
 * ```
 *
 * @param key The key of the stream.
 * @param length How many items to permute.
 * @returns An int32 tensor of shape `[length]`, owned by the caller.
 * @throws {RangeError} When `length` is not a non-negative integer.
 * @throws {TypeError} When `key` is not a key.
 */
export function permutation(key: Key, length: number): Tensor1D {
  return tensor1d(permutationValues(key, length), "int32");
}
