import { checkFinite, checkInteger, checkKey } from "./_check.ts";
import { drawWords } from "./_threefry.ts";
import type { Key } from "./key.ts";

/** Options of {@linkcode uniform}. */
export interface UniformOptions {
  /** The smallest value. @default {0} */
  readonly min?: number;
  /** The bound that is never reached. @default {1} */
  readonly max?: number;
}

/**
 * Draws the numbers of {@linkcode uniform} as an array, without a tensor.
 *
 * @example Usage
 * ```ts
 * import { key, uniformValues } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const values = uniformValues(key(0), 100, { min: -1 });
 * expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
 * ```
 *
 * @param key The key of the stream.
 * @param size How many numbers to draw.
 * @param options The interval.
 * @returns `size` float32 numbers, owned by the caller.
 * @throws {RangeError} When `size` is not a non-negative integer, or `min` is not below `max`.
 * @throws {TypeError} When `key` is not a key.
 */
export function uniformValues(key: Key, size: number, options: UniformOptions = {}): Float32Array {
  const { min = 0, max = 1 } = options;
  checkKey("draw uniforms", key);
  checkInteger("draw uniforms", "size", size, 0);
  checkFinite("draw uniforms", "min", min);
  checkFinite("draw uniforms", "max", max);
  if (!(Math.fround(min) < Math.fround(max))) {
    throw new RangeError(`Cannot draw uniforms: min must be less than max in float32 but found ${min} and ${max}`);
  }
  const words = drawWords(key, size);
  const values = new Float32Array(size);
  const below = largestBelow(max);
  const scale = (max - min) * 2 ** -24;
  // Rounding to float32 can reach max: it is brought back to the last number before it.
  for (let i = 0; i < size; i++) values[i] = Math.min(below, min + scale * (words[i]! >>> 8));
  return values;
}

/** The largest float32 number below `x`. */
function largestBelow(x: number): number {
  const value = new Float32Array([x]);
  if (value[0]! < x) return value[0]!;
  if (value[0] === 0) return -(2 ** -149);
  const bits = new Int32Array(value.buffer);
  bits[0]! += value[0]! > 0 ? -1 : 1;
  return value[0]!;
}
