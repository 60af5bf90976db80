import { checkInteger, checkKey } from "./_check.ts";
import { deriveKey, PURPOSE } from "./_threefry.ts";
import type { Key } from "./key.ts";

/**
 * Splits a key into `count` keys whose streams are independent of one another and of the stream of `key` itself.
 *
 * Child `i` is the same whatever `count` is.
 *
 * @example Usage
 * ```ts
 * import { key, normalValues, split } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const [forWeights, forNoise] = split(key(0));
 * expect(normalValues(forWeights!, 3)).not.toEqual(normalValues(forNoise!, 3));
 * ```
 *
 * @param key The key to split.
 * @param count How many keys to make, at least 1.
 * @returns The keys, `count` of them.
 * @throws {RangeError} When `count` is not a positive integer.
 * @throws {TypeError} When `key` is not a key.
 */
export function split(key: Key, count: number = 2): Key[] {
  checkKey("split a key", key);
  checkInteger("split a key", "count", count, 1, 2 ** 32);
  return Array.from({ length: count }, (_, i) => deriveKey(key, i, PURPOSE.split));
}
