import { checkDimensions } from "./_read_features.ts";
import type { FeatureStatistics } from "./feature_statistics.ts";

/**
 * The statistics of two disjoint sets of features taken together, such as those that two workers computed.
 *
 * @example Usage
 * ```ts
 * import { featureStatistics, mergeFeatureStatistics } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const [a, b] = [featureStatistics([[0], [2]]), featureStatistics([[4], [6]])];
 * const { mean, count } = mergeFeatureStatistics(a, b);
 * expect([mean[0], count]).toEqual([3, 4]);
 * ```
 *
 * @see {@link https://doi.org/10.1080/00031305.1983.10483115 | Chan, Golub and LeVeque, Algorithms for computing the sample variance}
 *
 * @param a Statistics.
 * @param b Statistics of the other set, of the same dimension and extractor.
 * @returns The statistics of both, owned by the caller.
 * @throws {TypeError} When dimensions or extractors differ.
 */
export function mergeFeatureStatistics(a: FeatureStatistics, b: FeatureStatistics): FeatureStatistics {
  const action = "merge feature statistics";
  if (a.extractor !== b.extractor) {
    throw new TypeError(
      `Cannot ${action}: both sets must be of one extractor but found ${a.extractor} and ${b.extractor}`,
    );
  }
  checkDimensions(action, a.mean.length, b.mean.length);
  const d = a.mean.length;
  const count = a.count + b.count;
  const shift = a.mean.map((mean, k) => b.mean[k]! - mean);
  const weight = a.count * (b.count / count);
  const covariance = a.covariance.map((value, at) => {
    const between = weight * shift[Math.floor(at / d)]! * shift[at % d]!;
    return ((a.count - 1) * value + (b.count - 1) * b.covariance[at]! + between) / (count - 1);
  });
  return {
    mean: a.mean.map((mean, k) => mean + (b.count / count) * shift[k]!),
    covariance,
    count,
    extractor: a.extractor,
  };
}
