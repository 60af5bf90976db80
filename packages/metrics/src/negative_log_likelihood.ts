import { checkLabels } from "./_check.ts";
import { readProbabilities } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode negativeLogLikelihood}. */
export interface NegativeLogLikelihoodOptions {
  /** Smaller probabilities of the label are raised to it, in [0, 1). 0 raises none. @default {0} */
  readonly epsilon?: number;
}

/**
 * The mean negative log-likelihood of the labels in nats, `-(1/n) sum_i log p[i][y[i]]`; smaller is better.
 *
 * A label of probability 0 makes it Infinity, which is what a forecast that excludes the outcome deserves. A
 * float32 softmax gives zeros from margins of about 100 on: make probabilities of such logits in float64, or set
 * `epsilon`, 1e-12 say, and state it.
 *
 * @example Usage
 * ```ts
 * import { negativeLogLikelihood } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(negativeLogLikelihood([[0.5, 0.5], [0.25, 0.75]], [0, 1])).toBeCloseTo(-Math.log(0.5 * 0.75) / 2);
 * expect(negativeLogLikelihood([[0, 1]], [0])).toBe(Infinity);
 * ```
 *
 * @param probabilities One row an example, `[n, classes]`, in [0, 1]; rows sum to 1 within 1e-3.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @param options What to do about zeros.
 * @returns The mean, at least 0; Infinity when a label has probability 0 and `epsilon` is 0.
 * @throws {TypeError} When the rows or labels are no arrays, or their lengths do not fit.
 * @throws {RangeError} When `epsilon` is not in [0, 1), there is no row, there are fewer than two classes, a row is no
 * distribution, or a label is outside `[0, classes)`.
 */
export function negativeLogLikelihood(
  probabilities: Matrix,
  labels: ArrayLike<number>,
  options: NegativeLogLikelihoodOptions = {},
): number {
  const { epsilon = 0 } = options;
  const action = "compute the negative log-likelihood";
  if (!(epsilon >= 0 && epsilon < 1)) {
    throw new RangeError(`Cannot ${action}: epsilon must be in [0, 1) but found ${epsilon}`);
  }
  const { data, count, classes } = readProbabilities(action, probabilities);
  checkLabels(action, labels, count, classes);
  let sum = 0;
  for (let i = 0; i < count; i++) sum -= Math.log(Math.max(data[i * classes + labels[i]!]!, epsilon));
  return sum / count;
}
