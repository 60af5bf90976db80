import { readScores } from "./_check.ts";

/**
 * Conformal p-values of scores: `(1 + #{calibration >= score}) / (n + 1)`.
 *
 * Where the calibration scores and a score are exchangeable, as those of in-distribution examples that the detector was not
 * fitted on, `P(p <= a) <= a` for every `a` and every finite `n`: whatever the detector is. The smallest value is `1 / (n + 1)`.
 *
 * @example Usage
 * ```ts
 * import { conformalPValues } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * expect([...conformalPValues([1, 2, 3, 4], [0, 3, 9])]).toEqual([1, 0.6, 0.2]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2104.08279 | Bates et al., Testing for outliers with conformal p-values}
 *
 * @param calibration Scores of in-distribution examples kept apart, `[n]`, larger for more anomalous; at least one, without NaN.
 * @param scores The scores, `[m]`, likewise.
 * @returns The p-values, `[m]`, small for anomalous examples.
 * @throws {TypeError} When the scores are no arrays.
 * @throws {RangeError} When there are none, or one is NaN.
 */
export function conformalPValues(calibration: ArrayLike<number>, scores: ArrayLike<number>): Float64Array {
  const action = "compute conformal p-values";
  const sorted = readScores(action, "calibration", calibration).sort();
  return readScores(action, "scores", scores).map((score) => (1 + countAtLeast(sorted, score)) / (sorted.length + 1));
}

/** How many of the sorted numbers are at least `value`. */
function countAtLeast(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return sorted.length - low;
}
