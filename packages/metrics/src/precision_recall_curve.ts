import { sweep } from "./_sweep.ts";

/** A precision-recall curve: three arrays of one length, one entry a point. */
export interface PrecisionRecallCurve {
  /** The thresholds, descending. The first is Infinity and stands for accepting nothing. */
  readonly thresholds: Float64Array;
  /** The share of positives among what scores at least the threshold; 1 at the first point. */
  readonly precision: Float64Array;
  /** The share of positives that score at least the threshold, from 0 to 1. */
  readonly recall: Float64Array;
}

/**
 * The precision-recall curve, one point for each distinct score, after the point of recall 0 and precision 1.
 *
 * @example Usage
 * ```ts
 * import { precisionRecallCurve } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { precision, recall } = precisionRecallCurve([3, 1], [2]);
 * expect([...recall]).toEqual([0, 0.5, 0.5, 1]);
 * expect([...precision]).toEqual([1, 1, 0.5, 2 / 3]);
 * ```
 *
 * @see {@link https://doi.org/10.1145/1143844.1143874 | Davis and Goadrich, The relationship between precision-recall and ROC curves}
 *
 * @param positives Scores of the positives, expected to be larger; at least one, without NaN; infinities are allowed.
 * @param negatives Scores of the negatives, likewise.
 * @returns The curve, owned by the caller.
 * @throws {TypeError} When the scores are no arrays.
 * @throws {RangeError} When there are no scores on one side, or one is NaN.
 */
export function precisionRecallCurve(positives: ArrayLike<number>, negatives: ArrayLike<number>): PrecisionRecallCurve {
  const thresholds = [Number.POSITIVE_INFINITY];
  const precision = [1];
  const recall = [0];
  sweep("compute the precision-recall curve", positives, negatives, (threshold, tp, fp) => {
    thresholds.push(threshold);
    precision.push(tp / (tp + fp));
    recall.push(tp / positives.length);
  });
  return {
    thresholds: Float64Array.from(thresholds),
    precision: Float64Array.from(precision),
    recall: Float64Array.from(recall),
  };
}
