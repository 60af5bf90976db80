import { sweep } from "./_sweep.ts";

/**
 * The area under the ROC curve: the probability that a positive scores more than a negative, with ties counted as one
 * half, `P(p > n) + P(p = n) / 2`.
 *
 * It depends on the order of the scores only: they are neither squashed nor rounded, so energies of any scale are fine.
 * Exact but for one division, in O(n log n).
 *
 * @example Usage
 * ```ts
 * import { auroc } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const inScores = [-3.1, -2.5, -4]; // log-densities: larger is more typical
 * const outScores = [-9, -4];
 * expect(auroc(inScores, outScores)).toBeCloseTo(5.5 / 6);
 * ```
 *
 * @see {@link https://doi.org/10.1016/j.patrec.2005.10.010 | Fawcett, An introduction to ROC analysis}
 *
 * @param positives Scores of the positives, expected to be larger; at least one, without NaN; infinities are allowed.
 * @param negatives Scores of the negatives, likewise.
 * @returns The area, in [0, 1]; 1/2 when the scores tell nothing.
 * @throws {TypeError} When the scores are no arrays.
 * @throws {RangeError} When there are no scores on one side, or one is NaN.
 */
export function auroc(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  // Twice the area in units of one positive by one negative: a sum of integers.
  let doubleArea = 0;
  let lastTp = 0;
  let lastFp = 0;
  sweep("compute the AUROC", positives, negatives, (_, tp, fp) => {
    doubleArea += (fp - lastFp) * (tp + lastTp);
    lastTp = tp;
    lastFp = fp;
  });
  return doubleArea / (2 * lastTp * lastFp);
}
