import { sweep } from "./_sweep.ts";

/** Options of {@linkcode fprAtTpr}. */
export interface FprAtTprOptions {
  /** The true positive rate to reach, in (0, 1]. @default {0.95} */
  readonly tpr?: number;
}

/**
 * The false positive rate at the largest threshold that accepts at least the share `tpr` of the positives; smaller is
 * better. "FPR95" is its default.
 *
 * Accepted is what scores at least the threshold; thresholds are the scores themselves, without interpolation, so the
 * true positive rate reached can be above `tpr` but never below. The value depends on which side is positive: in
 * out-of-distribution detection `fprAtTpr(inScores, outScores)` on log-densities is the share of outliers let in (ODIN,
 * Mahalanobis), and with outliers as positives, on negated scores, it is the share of inliers flagged (OpenOOD).
 *
 * @example Usage
 * ```ts
 * import { fprAtTpr } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * // Three of the four positives score at least 3, and so does one of the two negatives.
 * expect(fprAtTpr([5, 4, 3, 1], [3.5, 0], { tpr: 0.75 })).toBe(0.5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.02690 | Liang et al., Enhancing the reliability of out-of-distribution image detection in neural networks, §4.1}
 *
 * @param positives Scores of the positives, expected to be larger; at least one, without NaN; infinities are allowed.
 * @param negatives Scores of the negatives, likewise.
 * @param options The true positive rate.
 * @returns The false positive rate, in [0, 1].
 * @throws {TypeError} When the scores are no arrays.
 * @throws {RangeError} When `tpr` is not in (0, 1], there are no scores on one side, or one is NaN.
 */
export function fprAtTpr(
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
  options: FprAtTprOptions = {},
): number {
  const { tpr = 0.95 } = options;
  const action = "compute the FPR at a TPR";
  if (!(tpr > 0 && tpr <= 1)) throw new RangeError(`Cannot ${action}: tpr must be in (0, 1] but found ${tpr}`);
  let fpr: number | undefined;
  sweep(action, positives, negatives, (_, tp, fp) => {
    // The quotient, not tp >= tpr * positives: 19 / 20 and 0.95 round to the same number, 0.95 * 20 need not be 19.
    if (fpr === undefined && tp / positives.length >= tpr) fpr = fp / negatives.length;
  });
  return fpr!;
}
