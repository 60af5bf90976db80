import { binByConfidence } from "./_bin_by_confidence.ts";
import { checkChoice } from "./_check.ts";
import { checkDebiasing, combineGaps } from "./_combine_gaps.ts";
import type { Matrix } from "./matrix.ts";
import type { ReliabilityBinsOptions } from "./reliability_bins.ts";

/** Options of {@linkcode expectedCalibrationError}. */
export interface ExpectedCalibrationErrorOptions extends ReliabilityBinsOptions {
  /**
   * How the gaps of the bins are combined: `"l1"` their mean weighted by count (ECE), `"l2"` the root of the weighted
   * mean of their squares (RMSCE), `"max"` the largest (MCE), `"mean"` their mean over the bins that are not empty,
   * not weighted (what netcal calls ACE).
   * @default {"l1"}
   */
  readonly norm?: "l1" | "l2" | "max" | "mean";
  /**
   * Whether to subtract from each squared gap the variance of its accuracy, `accuracy (1 - accuracy) / (count - 1)`, for
   * `norm: "l2"` only; bins of one example then count nothing.
   * @default {false}
   */
  readonly debiased?: boolean;
}

/**
 * The expected calibration error: how far confidence and accuracy differ, bin by bin,
 * `sum_b (n_b / n) |accuracy_b - confidence_b|`; smaller is better.
 *
 * Bins are those of {@linkcode reliabilityBins}: `(lower, upper]`, where confidence 1 is in the last. The value depends on
 * the number of bins and is biased upwards for small `n`: state both.
 *
 * @example Usage
 * ```ts
 * import { expectedCalibrationError } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const probabilities = [[0.75, 0.25], [0.25, 0.75]];
 * expect(expectedCalibrationError(probabilities, [0, 0], { bins: 10 })).toBeCloseTo(0.25);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.04599 | Guo et al., On calibration of modern neural networks, §2}
 * @see {@link https://arxiv.org/abs/1909.10155 | Kumar et al., Verified uncertainty calibration}, on debiasing
 *
 * @param probabilities One row an example, `[n, classes]`, in [0, 1]; rows sum to 1 within 1e-3.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @param options The bins and the norm.
 * @returns The error, in [0, 1].
 * @throws {TypeError} When the rows or labels are no arrays, their lengths do not fit, or `norm` or `closed` is unknown.
 * @throws {RangeError} When `bins` is not a positive integer, there is no row, there are fewer than two classes, a row is
 * no distribution, or a label is outside `[0, classes)`.
 */
export function expectedCalibrationError(
  probabilities: Matrix,
  labels: ArrayLike<number>,
  options: ExpectedCalibrationErrorOptions = {},
): number {
  const { norm = "l1" } = options;
  const action = "compute the expected calibration error";
  checkChoice(action, "norm", norm, ["l1", "l2", "max", "mean"]);
  checkDebiasing(action, options);
  return combineGaps(binByConfidence(action, probabilities, labels, options), labels.length, options);
}
