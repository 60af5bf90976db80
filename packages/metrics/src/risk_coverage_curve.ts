import { checkLength, readNumbers } from "./_check.ts";
import { NUMBERS } from "./_numbers.ts";

/** A risk-coverage curve and its area. */
export interface RiskCoverageCurve {
  /** The shares of examples that are kept, ascending to 1; equal confidences are kept together. */
  readonly coverage: Float64Array;
  /** The mean loss of those kept. */
  readonly risk: Float64Array;
  /** The area under the curve (AURC): the mean risk over keeping 1, ..., n examples, ties in expectation. */
  readonly aurc: number;
  /** That area less the one of the best order of the same losses (E-AURC). */
  readonly excess: number;
}

/**
 * The risk-coverage curve of selective prediction: the mean loss of the most confident examples, as their share grows;
 * its area is AURC. With losses 0 for right and 1 for wrong, the risk is the error rate.
 *
 * @example Usage
 * ```ts
 * import { riskCoverageCurve } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { risk, aurc, excess } = riskCoverageCurve([0.9, 0.8, 0.7], [0, 1, 0]);
 * expect([...risk]).toEqual([0, 1 / 2, 1 / 3]);
 * expect(aurc).toBeCloseTo((0 + 1 / 2 + 1 / 3) / 3);
 * expect(excess).toBeCloseTo(1 / 6); // the best order has risks 0, 0, 1/3
 * ```
 *
 * @see {@link https://arxiv.org/abs/1805.08206 | Geifman et al., Bias-reduced uncertainty estimation for deep neural classifiers}
 *
 * @param confidences One number an example, larger is more confident; without NaN; infinities are allowed.
 * @param losses The losses of the examples, finite.
 * @returns The curve and its area.
 * @throws {TypeError} When the arguments are no arrays of one length.
 * @throws {RangeError} When there is no example, a confidence is NaN, or a loss is not finite.
 */
export function riskCoverageCurve(confidences: ArrayLike<number>, losses: ArrayLike<number>): RiskCoverageCurve {
  const action = "compute the risk-coverage curve";
  const c = readNumbers(action, "confidences", confidences, NUMBERS);
  const loss = readNumbers(action, "losses", losses);
  checkLength(action, "losses", loss.length, c.length);
  const n = c.length;
  const order = Uint32Array.from(c, (_, i) => i).sort((i, j) => (c[i]! === c[j]! ? 0 : c[i]! > c[j]! ? -1 : 1));
  const coverage: number[] = [];
  const risk: number[] = [];
  let kept = 0;
  let sum = 0;
  let area = 0;
  while (kept < n) {
    let end = kept;
    let group = 0;
    while (end < n && c[order[end]!] === c[order[kept]!]) group += loss[order[end++]!]!;
    for (let k = kept + 1; k <= end; k++) area += (sum + (group * (k - kept)) / (end - kept)) / k;
    sum += group;
    kept = end;
    coverage.push(kept / n);
    risk.push(sum / kept);
  }
  let best = 0;
  loss.sort().reduce((total, value, i) => {
    best += (total + value) / (i + 1);
    return total + value;
  }, 0);
  return {
    coverage: Float64Array.from(coverage),
    risk: Float64Array.from(risk),
    aurc: area / n,
    excess: Math.max(0, (area - best) / n),
  };
}
