import { binScores, checkBins } from "./_bin_by_confidence.ts";
import { checkChoice, checkLabels } from "./_check.ts";
import { combineGaps } from "./_combine_gaps.ts";
import { readProbabilities } from "./_read_matrix.ts";
import type { ExpectedCalibrationErrorOptions } from "./expected_calibration_error.ts";
import type { Matrix } from "./matrix.ts";

/**
 * The class-wise calibration error (SCE): the calibration error of each class's probability as a forecast of that class,
 * averaged over the classes. With equal-mass bins it is Nixon et al.'s adaptive calibration error (ACE).
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
 * @param options The bins and the norm.
 * @returns The error, in [0, 1].
 * @throws {TypeError} When the rows or labels are no arrays, their lengths do not fit, or an option is unknown.
 * @throws {RangeError} When `bins` is not a positive integer, there is no row, there are fewer than two classes, a row is
 * no distribution, or a label is outside `[0, classes)`.
 */
export function classwiseCalibrationError(
  probabilities: Matrix,
  labels: ArrayLike<number>,
  options: ExpectedCalibrationErrorOptions = {},
): number {
  const action = "compute the class-wise calibration error";
  const { norm = "l1" } = options;
  checkChoice(action, "norm", norm, ["l1", "l2", "max", "mean"]);
  checkBins(action, options);
  const { data, count, classes } = readProbabilities(action, probabilities);
  checkLabels(action, labels, count, classes);
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    const column = Float64Array.from({ length: count }, (_, i) => data[i * classes + k]!);
    const hits = Uint8Array.from({ length: count }, (_, i) => (labels[i] === k ? 1 : 0));
    sum += combineGaps(binScores(column, hits, options), count, options);
  }
  return sum / classes;
}
