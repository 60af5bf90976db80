import { checkChoice } from "./_check.ts";
import { sweep } from "./_sweep.ts";

/** Options of {@linkcode averagePrecision}. */
export interface AveragePrecisionOptions {
  /**
   * How the precision-recall curve is integrated. `"step"` is average precision, as of scikit-learn. `"trapezoid"`
   * joins the points, from recall 0 and precision 1 on, by lines: optimistic, but what some tables report as AUPR.
   * @default {"step"}
   */
  readonly method?: "step" | "trapezoid";
}

/**
 * The area under the precision-recall curve (AUPR), by default as average precision: `sum_n (R_n - R_{n-1}) P_n` over
 * the distinct scores from the largest to the smallest, with recall `R`, precision `P` and `R_0 = 0`.
 *
 * Equal scores enter together, so the order of the arrays does not matter. Unlike the AUROC it depends on the share of
 * positives, and which side is positive makes a difference: report both.
 *
 * @example Usage
 * ```ts
 * import { averagePrecision } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(averagePrecision([3, 1], [2])).toBeCloseTo(0.5 * 1 + 0.5 * (2 / 3));
 * ```
 *
 * @see {@link https://doi.org/10.1145/1143844.1143874 | Davis and Goadrich, The relationship between precision-recall and ROC curves}, on why lines are optimistic
 *
 * @param positives Scores of the positives, expected to be larger; at least one, without NaN; infinities are allowed.
 * @param negatives Scores of the negatives, likewise.
 * @param options How to integrate.
 * @returns The area, in [0, 1]; the share of positives when all scores are equal (by `"step"`).
 * @throws {TypeError} When the scores are no arrays, or `method` is unknown.
 * @throws {RangeError} When there are no scores on one side, or one is NaN.
 */
export function averagePrecision(
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
  options: AveragePrecisionOptions = {},
): number {
  const { method = "step" } = options;
  const action = "compute the average precision";
  checkChoice(action, "method", method, ["step", "trapezoid"]);
  let area = 0;
  let lastTp = 0;
  let lastPrecision = 1;
  sweep(action, positives, negatives, (_, tp, fp) => {
    const precision = tp / (tp + fp);
    area += (tp - lastTp) * (method === "step" ? precision : (precision + lastPrecision) / 2);
    lastTp = tp;
    lastPrecision = precision;
  });
  return area / lastTp;
}
