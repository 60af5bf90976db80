import { checkShare, readScores } from "./_check.ts";

/** Options of {@linkcode conformalThreshold}. */
export interface ConformalThresholdOptions {
  /** The share of in-distribution examples that may be flagged, in (0, 1). @default {0.05} */
  readonly falsePositiveRate?: number;
}

/**
 * The threshold above which a score is flagged as out of distribution, with a guaranteed false positive rate: the
 * `floor(a (n + 1))`-th largest of `n` calibration scores.
 *
 * A new in-distribution example scores above it with probability at most `a`, over the draw of the calibration examples and its
 * own, for every finite `n`; the examples must be exchangeable and must not have been used to fit. It flags what
 * `conformalPValues` gives a p-value of at most `a`. With fewer than `1 / a - 1` scores no threshold can promise it, and it is
 * Infinity: nothing is flagged.
 *
 * @example Usage
 * ```ts
 * import { conformalThreshold } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const calibration = Array.from({ length: 99 }, (_, i) => i);
 * expect(conformalThreshold(calibration)).toBe(94); // five of 99 are at least as large
 * expect(conformalThreshold([1, 2, 3])).toBe(Infinity);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2104.08279 | Bates et al., Testing for outliers with conformal p-values}
 *
 * @param calibration Scores of in-distribution examples kept apart, `[n]`, larger for more anomalous; at least one, without NaN.
 * @param options The false positive rate.
 * @returns The threshold: scores above it, not equal to it, are flagged.
 * @throws {TypeError} When the scores are no array.
 * @throws {RangeError} When there are none, one is NaN, or `falsePositiveRate` is not in (0, 1).
 */
export function conformalThreshold(calibration: ArrayLike<number>, options: ConformalThresholdOptions = {}): number {
  const { falsePositiveRate = 0.05 } = options;
  const action = "choose a threshold";
  checkShare(action, "falsePositiveRate", falsePositiveRate);
  const sorted = readScores(action, "calibration", calibration).sort();
  // The summand makes up for products such as 0.29 * 100 = 28.999999999999996.
  const rank = Math.floor(falsePositiveRate * (sorted.length + 1) + 1e-9);
  return rank < 1 ? Number.POSITIVE_INFINITY : sorted[sorted.length - rank]!;
}
