import { checkInteger, checkKey } from "./_check.ts";
import { drawWords, fraction53 } from "./_threefry.ts";
import type { Key } from "./key.ts";

/** Options of {@linkcode randint}. */
export interface RandintOptions {
  /** The smallest integer, at least -2^31. @default {0} */
  readonly min?: number;
  /** One more than the largest integer, at most 2^31. */
  readonly max: number;
}

/**
 * Draws the integers of {@linkcode randint} as an array, without a tensor.
 *
 * @example Usage
 * ```ts
 * import { key, randintValues } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const slots = randintValues(key(0), 64, { max: 10_000 });
 * expect(Math.max(...slots)).toBeLessThan(10_000);
 * ```
 *
 * @param key The key of the stream.
 * @param size How many integers to draw.
 * @param options The range.
 * @returns `size` integers, owned by the caller.
 * @throws {RangeError} When `size` is not a non-negative integer, or `min` is not below `max`.
 * @throws {TypeError} When `key` is not a key.
 */
export function randintValues(key: Key, size: number, options: RandintOptions): Int32Array {
  const { min = 0, max } = options;
  checkKey("draw integers", key);
  checkInteger("draw integers", "size", size, 0);
  checkInteger("draw integers", "min", min, -(2 ** 31), 2 ** 31 - 1);
  checkInteger("draw integers", "max", max, min + 1, 2 ** 31);
  const words = drawWords(key, 2 * size);
  const values = new Int32Array(size);
  for (let i = 0; i < size; i++) values[i] = min + Math.floor((max - min) * fraction53(words, i));
  return values;
}
