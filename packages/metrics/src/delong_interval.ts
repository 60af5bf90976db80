import { checkShare } from "./_check.ts";
import { normalQuantile } from "./_normal.ts";
import { sweep } from "./_sweep.ts";
import type { Interval, IntervalOptions } from "./interval.ts";

/** An AUROC with its interval. */
export interface DelongInterval extends Interval {
  /** The AUROC. */
  readonly auroc: number;
  /** Its standard error. */
  readonly standardError: number;
}

/**
 * The AUROC with DeLong's interval of confidence, in O(n log n): no resampling, and ties count one half as in `auroc`.
 *
 * The interval is `auroc ± z se`, clipped to [0, 1]; it has no width when all positives score above all negatives, or
 * with one score on each side, where the variance cannot be estimated: see the bootstrap interval.
 *
 * @example Usage
 * ```ts
 * import { delongInterval } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { auroc, standardError } = delongInterval([3, 4, 1], [2, 0]);
 * expect(auroc).toBeCloseTo(5 / 6);
 * expect(standardError ** 2).toBeCloseTo(1 / 36 + 1 / 36); // variances 1/12 over 3 and 1/18 over 2
 * ```
 *
 * @see {@link https://doi.org/10.1109/LSP.2014.2337313 | Sun and Xu, Fast implementation of DeLong's algorithm}
 *
 * @param positives Scores of the positives, expected to be larger; at least one, without NaN; infinities are allowed.
 * @param negatives Scores of the negatives, likewise.
 * @param options The confidence.
 * @returns The area, its standard error and interval.
 * @throws {TypeError} When the scores are no arrays.
 * @throws {RangeError} When there are no scores on one side, one is NaN, or `confidence` is not in (0, 1).
 */
export function delongInterval(
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
  options: IntervalOptions = {},
): DelongInterval {
  const { confidence = 0.95 } = options;
  const action = "compute the DeLong interval";
  checkShare(action, "confidence", confidence);
  let lastTp = 0;
  let lastFp = 0;
  // A positive beats this share of the negatives; a negative is beaten by this share of the positives.
  const ofPositive = { count: 0, mean: 0, squares: 0 };
  const ofNegative = { count: 0, mean: 0, squares: 0 };
  sweep(action, positives, negatives, (_, tp, fp) => {
    add(ofPositive, tp - lastTp, 1 - (fp + lastFp) / (2 * negatives.length));
    add(ofNegative, fp - lastFp, (tp + lastTp) / (2 * positives.length));
    lastTp = tp;
    lastFp = fp;
  });
  const variance = varianceOf(ofPositive) / positives.length + varianceOf(ofNegative) / negatives.length;
  const standardError = Math.sqrt(variance);
  const auroc = ofNegative.mean;
  const half = normalQuantile(0.5 + confidence / 2) * standardError;
  return { auroc, standardError, lower: Math.max(0, auroc - half), upper: Math.min(1, auroc + half) };
}

/** Adds `count` times `value` to a running mean and sum of squared deviations. */
function add(moments: { count: number; mean: number; squares: number }, count: number, value: number): void {
  if (count === 0) return;
  const difference = value - moments.mean;
  moments.count += count;
  moments.mean += (difference * count) / moments.count;
  moments.squares += count * difference * (value - moments.mean);
}

function varianceOf({ count, squares }: { count: number; squares: number }): number {
  return count < 2 ? 0 : Math.max(0, squares) / (count - 1);
}
