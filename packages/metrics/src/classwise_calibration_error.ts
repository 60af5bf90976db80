import { binScores, checkBins, scoresOfClass } from "./_bin_by_confidence.ts";
import { checkChoice, checkLabels } from "./_check.ts";
import { checkDebiasing, combineGaps } from "./_combine_gaps.ts";
import { readProbabilities } from "./_read_matrix.ts";
import type { ExpectedCalibrationErrorOptions } from "./expected_calibration_error.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode classwiseCalibrationError}. */
export interface ClasswiseCalibrationErrorOptions extends ExpectedCalibrationErrorOptions {
  /**
   * The only class to judge: with two classes and the positive one, this is the calibration error of a binary classifier.
   * @default {undefined: the mean over all classes}
   */
  readonly class?: number | undefined;
  /** Probabilities below it are left out; with equal-mass bins and `norm: "mean"` this makes TACE of ACE. @default {0} */
  readonly threshold?: number;
}

/**
 * The class-wise calibration error (SCE): the calibration error of each class's probability as a forecast of that class,
 * averaged over the classes. With equal-mass bins and `norm: "mean"` it is Nixon et al.'s adaptive calibration error (ACE).
 *
 * @example Usage
 * ```ts
 * import { classwiseCalibrationError } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(classwiseCalibrationError([[0.75, 0.25], [0.75, 0.25]], [0, 1])).toBeCloseTo(0.25);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1904.01685 | Nixon et al., Measuring calibration in deep learning}
 *
 * @param probabilities One row an example, `[n, classes]`, in [0, 1]; rows sum to 1 within 1e-3.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @param options The bins, the norm, and which probabilities count.
 * @returns The error, in [0, 1].
 * @throws {TypeError} When the rows or labels are no arrays, their lengths do not fit, or an option is unknown.
 * @throws {RangeError} When `bins` is not a positive integer, there is no row, there are fewer than two classes, a row is
 * no distribution, a label or `class` is outside `[0, classes)`, or `threshold` is outside [0, 1].
 */
export function classwiseCalibrationError(
  probabilities: Matrix,
  labels: ArrayLike<number>,
  options: ClasswiseCalibrationErrorOptions = {},
): number {
  const action = "compute the class-wise calibration error";
  const { norm = "l1", class: only, threshold = 0 } = options;
  checkChoice(action, "norm", norm, ["l1", "l2", "max", "mean"]);
  checkDebiasing(action, options);
  checkBins(action, options);
  const matrix = readProbabilities(action, probabilities);
  const { count, classes } = matrix;
  checkLabels(action, labels, count, classes);
  if (only !== undefined && !(Number.isInteger(only) && only >= 0 && only < classes)) {
    throw new RangeError(`Cannot ${action}: class must be an integer from 0 to ${classes - 1} but found ${only}`);
  }
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`Cannot ${action}: threshold must be in [0, 1] but found ${threshold}`);
  }
  const judged = only === undefined ? Array.from({ length: classes }, (_, k) => k) : [only];
  let sum = 0;
  for (const k of judged) {
    const { scores, hits } = scoresOfClass(matrix, labels, k, threshold);
    if (scores.length > 0) sum += combineGaps(binScores(scores, hits, options), scores.length, options);
  }
  return sum / judged.length;
}
