import { checkLength, readNumbers } from "./_check.ts";
import { NUMBERS } from "./_numbers.ts";

/** Sparsification curves, and the area between them. */
export interface SparsificationCurve {
  /** The shares of examples that were removed: 0, 1/n, ..., (n - 1)/n. */
  readonly removed: Float64Array;
  /** The root mean squared error of what is left, when the most uncertain are removed first. */
  readonly rmse: Float64Array;
  /** The same when those of the largest error are removed first: the oracle. */
  readonly oracle: Float64Array;
  /** The mean difference of the two (AUSE), 0 when the uncertainties order the errors. */
  readonly ause: number;
}

/**
 * Sparsification: the error of what is left after the most uncertain examples were removed, beside an oracle that
 * removes those of the largest error; the mean difference is the area under the sparsification error (AUSE).
 *
 * Each removal from equal uncertainties takes their mean squared error, so that the order of the examples does not matter.
 *
 * @example Usage
 * ```ts
 * import { sparsificationCurve } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { rmse, oracle, ause } = sparsificationCurve([3, 2, 1], [-1, 2, 0]);
 * expect(rmse[1]).toBeCloseTo(Math.sqrt(2)); // errors 2 and 0 are left
 * expect(oracle[1]).toBeCloseTo(Math.sqrt(1 / 2)); // errors -1 and 0
 * expect(ause).toBeCloseTo(Math.sqrt(1 / 2) / 3);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.07095 | Ilg et al., Uncertainty estimates and multi-hypotheses networks for optical flow}
 *
 * @param uncertainties One number an example, larger is more uncertain; without NaN; infinities are allowed.
 * @param errors The errors of the examples, finite; their sign does not matter.
 * @returns Both curves and the area.
 * @throws {TypeError} When the arguments are no arrays of one length.
 * @throws {RangeError} When there is no example, an uncertainty is NaN, or an error is not finite.
 */
export function sparsificationCurve(uncertainties: ArrayLike<number>, errors: ArrayLike<number>): SparsificationCurve {
  const action = "compute the sparsification curve";
  const u = readNumbers(action, "uncertainties", uncertainties, NUMBERS);
  const e = readNumbers(action, "errors", errors).map(Math.abs);
  checkLength(action, "errors", e.length, u.length);
  const rmse = errorsLeft(e, u);
  const oracle = errorsLeft(e, e);
  const ause = rmse.reduce((sum, value, i) => sum + value - oracle[i]!, 0) / e.length;
  return { removed: rmse.map((_, i) => i / e.length), rmse, oracle, ause };
}

/** Root mean squared errors of the `n, n - 1, ..., 1` examples of the smallest `by`; each of equal ones counts their mean. */
function errorsLeft(e: Float64Array, by: Float64Array): Float64Array {
  const n = e.length;
  const order = Uint32Array.from(by, (_, i) => i).sort((i, j) =>
    by[i]! === by[j]! ? i - j : by[i]! < by[j]! ? -1 : 1,
  );
  const result = new Float64Array(n);
  let squares = 0;
  for (let from = 0, to = 0; from < n; from = to) {
    let group = 0;
    for (to = from; to < n && by[order[to]!] === by[order[from]!]; to++) group += e[order[to]!]! ** 2;
    for (let kept = from + 1; kept <= to; kept++) {
      const share = kept === to ? 1 : (kept - from) / (to - from);
      result[n - kept] = Math.sqrt((squares + share * group) / kept);
    }
    squares += group;
  }
  return result;
}
