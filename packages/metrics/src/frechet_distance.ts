import { gaussianDistance, gaussianOf, isStatistics } from "./_gaussian_distance.ts";
import { checkDimensions, type FeatureReader, readFeatures } from "./_read_features.ts";
import type { FeatureStatistics } from "./feature_statistics.ts";
import type { MatMul } from "./matmul.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode frechetDistance}. */
export interface FrechetDistanceOptions {
  /** A float64 matrix product to use instead of our own. @default {undefined} */
  readonly matmul?: MatMul | undefined;
}

/**
 * The Fréchet distance of two sets of features (FID, when they are those of the Inception network): that of the
 * Gaussians with their means and unbiased covariances, `|m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)`.
 *
 * The last trace is the sum of the singular values of `F1' F2` with `S = F F'`, where `F` are the centred features when
 * there are fewer of them than dimensions, and a Cholesky factor otherwise. No root of a non-symmetric matrix is
 * taken, so there are no imaginary parts and nothing is added to a diagonal. In high dimension the eigenvalues of
 * `F1' S2 F1` replace them. The distance is biased upwards by about `C / n`: never compare values of different `n`.
 *
 * @example Usage
 * ```ts
 * import { frechetDistance } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * // Variances 2 and 8, means 1 and 2: (1 - 2)^2 + (sqrt(2) - sqrt(8))^2.
 * expect(frechetDistance([[0], [2]], [[0], [4]])).toBeCloseTo(1 + 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.08500 | Heusel et al., GANs trained by a two time-scale update rule, §3}
 *
 * @param a Features, one row an example, `[n, dimension]`, finite, `n` at least 2; or their statistics.
 * @param b Features or statistics of the other set, of the same dimension and extractor.
 * @param options An accelerator.
 * @returns The distance; 0 for equal sets up to rounding (which can make it negative by about 1e-12 of the traces).
 * @throws {TypeError} When a set is no matrix, dimensions differ, or statistics are of different extractors.
 * @throws {RangeError} When there are fewer than two rows, or one is not finite.
 */
export function frechetDistance(
  a: Matrix | FeatureStatistics,
  b: Matrix | FeatureStatistics,
  options: FrechetDistanceOptions = {},
): number {
  const action = "compute the Fréchet distance";
  const { matmul } = options;
  if (isStatistics(a) && isStatistics(b) && a.extractor !== b.extractor) {
    throw new TypeError(
      `Cannot ${action}: both sets must be of one extractor but found ${a.extractor} and ${b.extractor}`,
    );
  }
  const [first, second] = [sourceOf(action, "a", a), sourceOf(action, "b", b)];
  checkDimensions(action, dimensionOf(first), dimensionOf(second));
  return gaussianDistance(gaussianOf(first, matmul), gaussianOf(second, matmul), matmul);
}

function sourceOf(action: string, name: string, set: Matrix | FeatureStatistics): FeatureReader | FeatureStatistics {
  return isStatistics(set) ? set : readFeatures(action, name, set, 2);
}

function dimensionOf(source: FeatureReader | FeatureStatistics): number {
  return isStatistics(source) ? source.mean.length : source.dimension;
}
