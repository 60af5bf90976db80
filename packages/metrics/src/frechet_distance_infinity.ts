import { type Key, permutationValues, split } from "@jem-js/random/values";
import { checkArray, checkCount, checkLength, readNumbers } from "./_check.ts";
import { gaussianDistance, gaussianOf, isStatistics } from "./_gaussian_distance.ts";
import { POSITIVE } from "./_numbers.ts";
import { checkDimensions, readFeatures, selectRows } from "./_read_features.ts";
import type { FeatureStatistics } from "./feature_statistics.ts";
import type { FrechetDistanceOptions } from "./frechet_distance.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode frechetDistanceInfinity}. */
export interface FrechetDistanceInfinityOptions extends FrechetDistanceOptions {
  /** The key that the random subsets come from. */
  readonly key: Key;
  /** How many sizes of subsets to compute a distance of. @default {15} */
  readonly points?: number;
  /** The smallest size of a subset. @default {a tenth of the examples, at least 2} */
  readonly smallest?: number;
}

/** A line through distances over the inverse of their numbers of examples. */
export interface FrechetExtrapolation {
  /** Where it meets `1 / n = 0`: the distance without the bias of finite samples. */
  readonly distance: number;
  /** Its slope: the bias is about `slope / n`. */
  readonly slope: number;
  /** The numbers of examples. */
  readonly counts: Float64Array;
  /** Their distances. */
  readonly distances: Float64Array;
}

/**
 * The Fréchet distance extrapolated to infinitely many generated examples (FID∞): the intercept of
 * {@linkcode frechetExtrapolation} on random subsets of `generated`.
 *
 * @example Usage
 * ```ts
 * import { frechetDistanceInfinity } from "@jem-js/metrics";
 * import { key, normalValues } from "@jem-js/random/values";
 * import { expect } from "vitest";
 *
 * const real = { data: normalValues(key(1), 4000), shape: [2000, 2] } as const;
 * const generated = { data: normalValues(key(2), 4000), shape: [2000, 2] } as const;
 * const { distance } = frechetDistanceInfinity(real, generated, { key: key(0) });
 * expect(Math.abs(distance)).toBeLessThan(0.02);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1911.07023 | Chong and Forsyth, Effectively unbiased FID and Inception score}
 *
 * @param reference Features of the reference set, or their statistics.
 * @param generated Features to take subsets of, `[n, dimension]`, finite.
 * @param options The key, the sizes, and an accelerator.
 * @returns The line, and the points it goes through.
 * @throws {TypeError} When a set is no matrix or dimensions differ.
 * @throws {RangeError} When there are too few rows, a feature is not finite, or an option is out of range.
 */
export function frechetDistanceInfinity(
  reference: Matrix | FeatureStatistics,
  generated: Matrix,
  options: FrechetDistanceInfinityOptions,
): FrechetExtrapolation {
  const action = "extrapolate the Fréchet distance";
  const { key, points = 15, matmul } = options;
  checkCount(action, "points", points, 2);
  const reader = readFeatures(action, "generated", generated, 3);
  const { count } = reader;
  const smallest = options.smallest ?? Math.max(2, Math.ceil(count / 10));
  checkCount(action, "smallest", smallest, 2);
  if (smallest >= count) {
    throw new RangeError(`Cannot ${action}: smallest must be below the ${count} examples but found ${smallest}`);
  }
  const source = isStatistics(reference) ? reference : readFeatures(action, "reference", reference, 2);
  checkDimensions(action, isStatistics(source) ? source.mean.length : source.dimension, reader.dimension);
  const target = gaussianOf(source, matmul);
  const counts = Float64Array.from({ length: points }, (_, i) =>
    Math.round(smallest + ((count - smallest) * i) / (points - 1)),
  );
  const keys = split(key, points);
  const distances = counts.map((n, i) => {
    const subset = selectRows(reader, permutationValues(keys[i]!, count).subarray(0, n));
    return gaussianDistance(target, gaussianOf(subset, matmul), matmul);
  });
  return frechetExtrapolation(counts, distances);
}

/**
 * Fits `distance + slope / n` to distances of sets of `n` examples by least squares.
 *
 * @example Usage
 * ```ts
 * import { frechetExtrapolation } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(frechetExtrapolation([100, 200], [5, 4]).distance).toBeCloseTo(3);
 * ```
 *
 * @param counts The numbers of examples, positive, at least two different ones.
 * @param distances Their distances, finite.
 * @returns The line.
 * @throws {TypeError} When the arguments are no arrays of one length.
 * @throws {RangeError} When a number is out of range, or all counts are equal.
 */
export function frechetExtrapolation(counts: ArrayLike<number>, distances: ArrayLike<number>): FrechetExtrapolation {
  const action = "extrapolate the Fréchet distance";
  checkArray(action, "counts", counts);
  const n = readNumbers(action, "counts", counts, POSITIVE);
  const y = readNumbers(action, "distances", distances);
  checkLength(action, "distances", y.length, n.length);
  const meanX = n.reduce((sum, value) => sum + 1 / value, 0) / n.length;
  const meanY = y.reduce((sum, value) => sum + value, 0) / n.length;
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < n.length; i++) {
    covariance += (1 / n[i]! - meanX) * (y[i]! - meanY);
    variance += (1 / n[i]! - meanX) ** 2;
  }
  if (!(variance > 0)) throw new RangeError(`Cannot ${action}: counts must have two different ones but found ${n[0]}`);
  const slope = covariance / variance;
  return { distance: meanY - slope * meanX, slope, counts: n, distances: y };
}
