import { checkInteger, checkKey } from "./_check.ts";
import { deriveKey, PURPOSE } from "./_threefry.ts";
import type { Key } from "./key.ts";

/**
 * Makes the key of item `index` (an iteration, an epoch, a worker) of the stream that `key` stands for.
 *
 * It does what {@linkcode split} does without making the keys before it: the way to get a key for each step of a loop.
 *
 * @example Usage
 * ```ts
 * import { foldIn, key, uniformValues } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const root = key(0);
 * const draws = [0, 1, 2].map((step) => uniformValues(foldIn(root, step), 1)[0]);
 * expect(new Set(draws).size).toBe(3);
 * ```
 *
 * @param key The key of the whole.
 * @param index An integer from 0 to 2^32 - 1.
 * @returns The key of the item.
 * @throws {RangeError} When `index` is not such an integer.
 * @throws {TypeError} When `key` is not a key.
 */
export function foldIn(key: Key, index: number): Key {
  checkKey("fold into a key", key);
  checkInteger("fold into a key", "index", index, 0, 2 ** 32 - 1);
  return deriveKey(key, index, PURPOSE.fold);
}
