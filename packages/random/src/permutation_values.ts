import { checkInteger, checkKey } from "./_check.ts";
import { drawWords, fraction53 } from "./_threefry.ts";
import type { Key } from "./key.ts";

/**
 * Draws the permutation of {@linkcode permutation} as an array, without a tensor.
 *
 * @example Usage
 * ```ts
 * import { key, permutationValues } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * expect([...permutationValues(key(0), 5)].sort()).toEqual([0, 1, 2, 3, 4]);
 * ```
 *
 * @param key The key of the stream.
 * @param length How many items to permute.
 * @returns The permuted indices, owned by the caller.
 * @throws {RangeError} When `length` is not a non-negative integer.
 * @throws {TypeError} When `key` is not a key.
 */
export function permutationValues(key: Key, length: number): Int32Array {
  checkKey("draw a permutation", key);
  checkInteger("draw a permutation", "length", length, 0, 2 ** 31 - 1);
  const words = drawWords(key, 2 * length);
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * fraction53(words, i));
    const item = order[i]!;
    order[i] = order[j]!;
    order[j] = item;
  }
  return order;
}
