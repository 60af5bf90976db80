import { checkLabels } from "./_check.ts";
import { NUMBERS } from "./_numbers.ts";
import { argmax, readMatrix } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";

/**
 * The share of rows whose largest value is at the label: `(1/n) sum_i [argmax_k p[i][k] = y[i]]`.
 *
 * Logits and probabilities give the same. Of equal largest values, the first is the prediction.
 *
 * @example Usage
 * ```ts
 * import { accuracy } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const logits = [[2, -1, 0], [0, 3, 1]];
 * expect(accuracy(logits, [0, 2])).toBe(0.5);
 * ```
 *
 * @param probabilitiesOrLogits One row an example, `[n, classes]`, without NaN; infinities are allowed.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @returns The accuracy, in [0, 1].
 * @throws {TypeError} When the rows or labels are no arrays, or their lengths do not fit.
 * @throws {RangeError} When there is no row, fewer than two classes, a NaN, or a label outside `[0, classes)`.
 */
export function accuracy(probabilitiesOrLogits: Matrix, labels: ArrayLike<number>): number {
  const action = "compute the accuracy";
  const matrix = readMatrix(action, "probabilitiesOrLogits", probabilitiesOrLogits, NUMBERS);
  checkLabels(action, labels, matrix.count, matrix.classes);
  let correct = 0;
  for (let i = 0; i < matrix.count; i++) if (argmax(matrix, i) === labels[i]) correct += 1;
  return correct / matrix.count;
}
