import { checkInteger } from "./_check.ts";

/**
 * A random key: two unsigned 32-bit words that stand for a whole stream of random numbers.
 *
 * A key is a value, not a generator: nothing is used up, and equal keys give equal numbers on every backend, engine
 * and platform. It survives `JSON.stringify`.
 */
export type Key = readonly [high: number, low: number];

/**
 * Makes a key from a seed. Different seeds give different keys, and 0 is as good a seed as any.
 *
 * @example Usage
 * ```ts
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * expect(key(7)).toEqual([0, 7]);
 * ```
 *
 * @param seed An integer from 0 to 2^53 - 1.
 * @returns The key of `seed`.
 * @throws {RangeError} When `seed` is not such an integer.
 */
export function key(seed: number): Key {
  checkInteger("make a key", "seed", seed, 0);
  return [Math.floor(seed / 2 ** 32), seed >>> 0];
}
