import { checkLabels } from "./_check.ts";
import { readProbabilities } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";

/**
 * The Brier score: the squared distance of the probabilities from the one-hot label, summed over the classes and averaged
 * over the examples, `(1/n) sum_i sum_k (p[i][k] - [y[i] = k])^2`; smaller is better.
 *
 * This is Brier's own definition, in [0, 2]. For two classes it is twice the one with the probability of one class only.
 *
 * @example Usage
 * ```ts
 * import { brierScore } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(brierScore([[0.75, 0.25]], [0])).toBe(0.125);
 * ```
 *
 * @see {@link https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2 | Brier, Verification of forecasts expressed in terms of probability}
 *
 * @param probabilities One row an example, `[n, classes]`, in [0, 1]; rows sum to 1 within 1e-3.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @returns The score, in [0, 2].
 * @throws {TypeError} When the rows or labels are no arrays, or their lengths do not fit.
 * @throws {RangeError} When there is no row, there are fewer than two classes, a row is no distribution, or a label is
 * outside `[0, classes)`.
 */
export function brierScore(probabilities: Matrix, labels: ArrayLike<number>): number {
  const action = "compute the Brier score";
  const { data, count, classes } = readProbabilities(action, probabilities);
  checkLabels(action, labels, count, classes);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < classes; k++) sum += (data[i * classes + k]! - (labels[i] === k ? 1 : 0)) ** 2;
  }
  return sum / count;
}
