import { sweep } from "./_sweep.ts";

/** A ROC curve: three arrays of one length, one entry a point, with rates that never decrease. */
export interface RocCurve {
  /** The thresholds, descending. The first is Infinity and stands for accepting nothing. */
  readonly thresholds: Float64Array;
  /** The share of negatives that score at least the threshold, from 0 to 1. */
  readonly fpr: Float64Array;
  /** The share of positives that score at least the threshold, from 0 to 1. */
  readonly tpr: Float64Array;
}

/**
 * The ROC curve: false and true positive rates when everything that scores at least a threshold is called positive, one
 * point for each distinct score, after the point (0, 0).
 *
 * No point is left out, also where the curve is straight.
 *
 * @example Usage
 * ```ts
 * import { rocCurve } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { thresholds, fpr, tpr } = rocCurve([3, 2], [2, 1]);
 * expect([...thresholds]).toEqual([Infinity, 3, 2, 1]);
 * expect([...fpr]).toEqual([0, 0, 0.5, 1]);
 * expect([...tpr]).toEqual([0, 0.5, 1, 1]);
 * ```
 *
 * @see {@link https://doi.org/10.1016/j.patrec.2005.10.010 | Fawcett, An introduction to ROC analysis}
 *
 * @param positives Scores of the positives, expected to be larger; at least one, without NaN; infinities are allowed.
 * @param negatives Scores of the negatives, likewise.
 * @returns The curve, owned by the caller.
 * @throws {TypeError} When the scores are no arrays.
 * @throws {RangeError} When there are no scores on one side, or one is NaN.
 */
export function rocCurve(positives: ArrayLike<number>, negatives: ArrayLike<number>): RocCurve {
  const thresholds = [Number.POSITIVE_INFINITY];
  const fpr = [0];
  const tpr = [0];
  sweep("compute the ROC curve", positives, negatives, (threshold, tp, fp) => {
    thresholds.push(threshold);
    fpr.push(fp / negatives.length);
    tpr.push(tp / positives.length);
  });
  return { thresholds: Float64Array.from(thresholds), fpr: Float64Array.from(fpr), tpr: Float64Array.from(tpr) };
}
