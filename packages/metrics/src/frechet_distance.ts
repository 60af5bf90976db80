import { cholesky, nuclearNorm, symmetricEigenvalues } from "./_decompose.ts";
import { multiply, multiplyAdd, transpose } from "./_multiply.ts";
import { allFeatures, checkDimensions, readFeatures } from "./_read_features.ts";
import { type FeatureStatistics, featureStatistics } from "./feature_statistics.ts";
import type { MatMul } from "./matmul.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode frechetDistance}. */
export interface FrechetDistanceOptions {
  /** A float64 matrix product to use instead of our own. @default {undefined} */
  readonly matmul?: MatMul | undefined;
}

/** A factor `f`, `[dimension, columns]`, of a covariance `f f'`, and whether it is exact from few examples. */
interface Side {
  readonly statistics: FeatureStatistics;
  readonly features: Float64Array | undefined;
}

/** Below this dimension, singular values are found directly: they are exact to rounding, at a higher price. */
const SMALL = 512;

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
  const first = sideOf("a", a, options);
  const second = sideOf("b", b, options);
  const d = first.statistics.mean.length;
  checkDimensions("compute the Fréchet distance", d, second.statistics.mean.length);
  if (isStatistics(a) && isStatistics(b) && a.extractor !== b.extractor) {
    throw new TypeError(
      `Cannot compute the Fréchet distance: both sets must be of one extractor but found ${a.extractor} and ${b.extractor}`,
    );
  }
  let distance = 0;
  for (let k = 0; k < d; k++) {
    distance += (first.statistics.mean[k]! - second.statistics.mean[k]!) ** 2;
    distance += first.statistics.covariance[k * d + k]! + second.statistics.covariance[k * d + k]!;
  }
  return distance - 2 * traceOfRoot(first, second, d, options.matmul);
}

/** Whether a set is given by its statistics. */
function isStatistics(set: Matrix | FeatureStatistics): set is FeatureStatistics {
  return typeof set === "object" && set !== null && "covariance" in set;
}

function sideOf(name: string, set: Matrix | FeatureStatistics, options: FrechetDistanceOptions): Side {
  if (isStatistics(set)) return { statistics: set, features: undefined };
  const reader = readFeatures("compute the Fréchet distance", name, set, 2);
  const statistics = featureStatistics(set, options);
  if (reader.count > reader.dimension) return { statistics, features: undefined };
  const features = allFeatures(reader);
  const scale = 1 / Math.sqrt(reader.count - 1);
  for (let i = 0; i < features.length; i++) {
    features[i] = scale * (features[i]! - statistics.mean[i % reader.dimension]!);
  }
  return { statistics, features: transpose(features, reader.count, reader.dimension) };
}

function traceOfRoot(first: Side, second: Side, d: number, matmul: MatMul | undefined): number {
  const f1 = first.features ?? cholesky(first.statistics.covariance, d);
  const columns1 = f1.length / d;
  if (!first.features && !second.features && d > SMALL) {
    const product = multiply(second.statistics.covariance, f1, d, d, d, matmul);
    let squared = new Float64Array(d * d);
    if (matmul) squared = Float64Array.from(matmul(transpose(f1, d, d), product, d, d, d));
    else multiplyAdd(squared, { data: f1, row: 1, column: d }, { data: product, row: d, column: 1 }, [d, d, d], true);
    return symmetricEigenvalues(squared, d).reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  }
  const f2 = second.features ?? cholesky(second.statistics.covariance, d);
  const columns2 = f2.length / d;
  const [tall, m, wide, n] = columns1 >= columns2 ? [f1, columns1, f2, columns2] : [f2, columns2, f1, columns1];
  return nuclearNorm(Float64Array.from(multiply(transpose(tall, d, m), wide, m, d, n, matmul)), m, n);
}
