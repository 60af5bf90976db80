import { checkRange } from "./_check.ts";

/** Options of {@linkcode scalePixels} and {@linkcode unscalePixels}. */
export interface ScalePixelsOptions {
  /** Smallest and largest value of the pixels as stored. @default {[0, 255]} */
  readonly from?: readonly [number, number];
  /** Smallest and largest value of the pixels as a network sees them. @default {[-1, 1]} */
  readonly to?: readonly [number, number];
}

/**
 * Maps stored pixel values to the range of a network, by default bytes to `[-1, 1]`:
 * `to[0] + (to[1] - to[0]) (value - from[0]) / (from[1] - from[0])`, in float64 and rounded once.
 *
 * @example Usage
 * ```ts
 * import { scalePixels } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * expect([...scalePixels([0, 127.5, 255])]).toEqual([-1, 0, 1]);
 * ```
 *
 * @param values The stored values, of any length; borrowed. Values outside `from` are mapped by the same line, not clipped.
 * @param options The two ranges.
 * @returns As many values, owned by the caller.
 * @throws {TypeError} When a range is not a pair.
 * @throws {RangeError} When a range is empty or not finite.
 */
export function scalePixels(values: ArrayLike<number>, options: ScalePixelsOptions = {}): Float32Array {
  const { from, to } = checkedRanges("scale pixels", options);
  return mapLinearly(values, from, to);
}

/**
 * The inverse of {@linkcode scalePixels} with the same options: by default `[-1, 1]` to `[0, 255]`.
 *
 * The result is not rounded or clipped: `Uint8ClampedArray.from(unscalePixels(x))` does both, for an image to show.
 *
 * @example Usage
 * ```ts
 * import { unscalePixels } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const sample = Float32Array.of(-1, 0.2, 1.01);
 * expect([...Uint8ClampedArray.from(unscalePixels(sample))]).toEqual([0, 153, 255]);
 * ```
 *
 * @param values Values in the range `to`, of any length; borrowed.
 * @param options The two ranges.
 * @returns As many values in the range `from`, owned by the caller.
 * @throws {TypeError} When a range is not a pair.
 * @throws {RangeError} When a range is empty or not finite.
 */
export function unscalePixels(values: ArrayLike<number>, options: ScalePixelsOptions = {}): Float32Array {
  const { from, to } = checkedRanges("unscale pixels", options);
  return mapLinearly(values, to, from);
}

function checkedRanges(action: string, options: ScalePixelsOptions): Required<ScalePixelsOptions> {
  const { from = [0, 255], to = [-1, 1] } = options;
  checkRange(action, "from", from);
  checkRange(action, "to", to);
  return { from, to };
}

function mapLinearly(
  values: ArrayLike<number>,
  [origin, end]: readonly [number, number],
  [minimum, maximum]: readonly [number, number],
): Float32Array {
  const width = end - origin;
  const span = maximum - minimum;
  const result = new Float32Array(values.length);
  // Divided before multiplied: the ends of one range then map to the ends of the other exactly.
  for (let i = 0; i < result.length; i++) result[i] = minimum + span * ((values[i]! - origin) / width);
  return result;
}
