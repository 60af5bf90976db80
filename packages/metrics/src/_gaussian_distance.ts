import { cholesky, nuclearNorm, symmetricEigenvalues } from "./_decompose.ts";
import { statisticsOf } from "./_feature_sums.ts";
import { multiply, transpose } from "./_multiply.ts";
import { allFeatures, type FeatureReader } from "./_read_features.ts";
import type { FeatureStatistics } from "./feature_statistics.ts";
import type { MatMul } from "./matmul.ts";

/** A Gaussian by its mean and covariance. */
export interface Gaussian {
  readonly statistics: FeatureStatistics;
  /** How many rows the factor has. */
  readonly rows: number;
  /** A matrix `f`, `[rows, dimension]`, with `f' f` the covariance; made when it is asked for. */
  readonly factor: () => Float64Array;
}

/** Up to this many rows of a factor, singular values are found directly: exact to rounding, at a higher price. */
const SMALL = 512;

/** How many columns of a large product are found at a time. */
const STRIP = 512;

/** Whether a set of features is given by its statistics. */
export function isStatistics(set: object): set is FeatureStatistics {
  return typeof set === "object" && set !== null && "covariance" in set;
}

/**
 * The Gaussian of features or of their statistics. Features that are fewer than their dimensions are, centred, a factor
 * themselves, where rounding has no part; else a Cholesky factor is.
 */
export function gaussianOf(source: FeatureReader | FeatureStatistics, matmul: MatMul | undefined): Gaussian {
  const statistics = isStatistics(source) ? source : statisticsOf(source, "", matmul);
  const d = statistics.mean.length;
  if (!isStatistics(source) && source.count <= d) {
    return { statistics, rows: source.count, factor: () => centred(source, statistics.mean) };
  }
  let factor: Float64Array | undefined;
  return {
    statistics,
    rows: d,
    factor() {
      factor ??= cholesky(statistics.covariance, d, matmul);
      return factor;
    },
  };
}

/** The Fréchet distance of Gaussians of one dimension. */
export function gaussianDistance(first: Gaussian, second: Gaussian, matmul: MatMul | undefined): number {
  const [a, b] = [first.statistics, second.statistics];
  const d = a.mean.length;
  let distance = 0;
  for (let k = 0; k < d; k++) {
    distance += (a.mean[k]! - b.mean[k]!) ** 2;
    distance += a.covariance[k * d + k]! + b.covariance[k * d + k]!;
  }
  return distance - 2 * traceOfRoot(first, second, d, matmul);
}

/** The trace of the root of the product of two covariances: the sum of the singular values of the product of their factors. */
function traceOfRoot(first: Gaussian, second: Gaussian, d: number, matmul: MatMul | undefined): number {
  const [narrow, wide] = first.rows <= second.rows ? [first, second] : [second, first];
  const n = narrow.rows;
  const f = narrow.factor();
  if (n <= SMALL) {
    const product = multiply(wide.factor(), transpose(f, n, d), [wide.rows, d, n], matmul);
    return nuclearNorm(product, wide.rows, n);
  }
  const squared = upperCongruence(f, wide.statistics.covariance, n, d, matmul);
  return symmetricEigenvalues(squared, n).reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}

/** The upper triangle of `f c f'`, for `f`, `[n, d]`, and a symmetric `c`: a strip of columns at a time, to save memory. */
function upperCongruence(
  f: Float64Array,
  c: Float64Array,
  n: number,
  d: number,
  matmul: MatMul | undefined,
): Float64Array {
  const result = new Float64Array(n * n);
  const buffer = new Float64Array(Math.min(STRIP, n) * d);
  for (let left = 0; left < n; left += STRIP) {
    const right = Math.min(n, left + STRIP);
    const width = right - left;
    const half = multiply(c, transpose(f.subarray(left * d, right * d), width, d, buffer), [d, d, width], matmul);
    const strip = multiply(f.subarray(0, right * d), half, [right, d, width], matmul);
    for (let i = 0; i < right; i++) result.set(strip.subarray(i * width, (i + 1) * width), i * n + left);
  }
  return result;
}

/** Features less their mean, over the root of their number less 1. */
function centred(reader: FeatureReader, mean: Float64Array): Float64Array {
  const features = allFeatures(reader);
  const scale = 1 / Math.sqrt(reader.count - 1);
  for (let i = 0; i < features.length; i++) features[i] = scale * (features[i]! - mean[i % mean.length]!);
  return features;
}
