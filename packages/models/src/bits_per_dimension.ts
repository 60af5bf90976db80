/** Options of {@linkcode bitsPerDimension}. */
export interface BitsPerDimensionOptions {
  /** How many values one input has. A positive integer. */
  readonly dimensions: number;
  /** How far apart the levels of a value are: of bytes on [-1, 1], 2 / 255. Greater than 0. @default {2 / 255} */
  readonly levelWidth?: number;
}

/**
 * What a density spends on a value of data that come in levels, in bits: `-(log p(x) / d + log w) / log 2`, `w` the width of a level. The
 * fewer the better; 8 bits is what uniform bytes take. The data must have been dequantised by noise of that width.
 *
 * @example Usage
 * ```ts
 * import { bitsPerDimension } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * // A density of 1/2 on [-1, 1], of 256 levels.
 * const bits = bitsPerDimension([10 * Math.log(1 / 2)], { dimensions: 10, levelWidth: 2 / 256 });
 * expect(bits).toBeCloseTo(8);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1511.01844 | Theis et al., A note on the evaluation of generative models}
 *
 * @param logDensities The log-densities of examples, in nats.
 * @param options The number of values and the levels.
 * @returns The mean over the examples, in bits.
 * @throws {RangeError} When there is no example, `dimensions` is no positive integer or `levelWidth` not above 0.
 */
export function bitsPerDimension(logDensities: ArrayLike<number>, options: BitsPerDimensionOptions): number {
  const { dimensions, levelWidth = 2 / 255 } = options;
  const action = "compute bits per dimension";
  if (logDensities.length === 0) throw new RangeError(`Cannot ${action}: there must be an example but found none`);
  if (!Number.isInteger(dimensions) || dimensions < 1) {
    throw new RangeError(`Cannot ${action}: dimensions must be a positive integer but found ${dimensions}`);
  }
  if (!(Number.isFinite(levelWidth) && levelWidth > 0)) {
    throw new RangeError(`Cannot ${action}: levelWidth must be greater than 0 but found ${levelWidth}`);
  }
  const mean = Array.from(logDensities).reduce((a, b) => a + b, 0) / logDensities.length;
  return -(mean / dimensions + Math.log(levelWidth)) / Math.LN2;
}
