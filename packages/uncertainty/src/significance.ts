/** The mean of some numbers, and whether it differs from 0. */
export interface Significance {
  /** The mean. */
  readonly mean: number;
  /** The standard error of the mean, `s / sqrt(n)` with the unbiased `s`. */
  readonly standardError: number;
  /** The two-sided p-value of Student's t-test against 0; NaN for one number. */
  readonly pValue: number;
  /** One star for p below each of 0.05, 0.01, 0.001 and 0.0001. */
  readonly stars: string;
}

/**
 * The mean of the figures of several runs, and Student's t-test of whether it is 0, such as normalised scores against the best
 * constant uncertainty.
 *
 * Runs on splits of one table are not independent: the p-value is smaller than it should be, here as in the tables of papers.
 *
 * @example Usage
 * ```ts
 * import { significance } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const { mean, pValue, stars } = significance([1, 2, 3]);
 * expect(mean).toBe(2);
 * expect(pValue).toBeCloseTo(0.0742, 4); // t = 3.464 with 2 degrees of freedom
 * expect(stars).toBe("");
 * ```
 *
 * @see {@link https://doi.org/10.2307/2331554 | Student, The probable error of a mean}
 *
 * @param values The figures, at least one, finite.
 * @returns The mean, its standard error, the p-value and the stars.
 * @throws {RangeError} When there is none or one is not finite.
 */
export function significance(values: readonly number[]): Significance {
  const n = values.length;
  const wrong = values.find((value) => !Number.isFinite(value));
  if (n === 0 || wrong !== undefined) {
    throw new RangeError(`Cannot test a mean: expected finite numbers, at least one, but found ${wrong ?? "none"}`);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const standardError = Math.sqrt(variance / n);
  const pValue = n === 1 ? Number.NaN : mean === 0 ? 1 : tTest(mean / standardError, n - 1);
  return {
    mean,
    standardError,
    pValue,
    stars: "*".repeat([0.05, 0.01, 0.001, 0.0001].filter((p) => pValue < p).length),
  };
}

/** The two-sided p-value of `t` with a whole number of degrees of freedom, by the finite series of the cosine. */
function tTest(t: number, freedom: number): number {
  const angle = Math.atan(Math.abs(t) / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = 0;
  for (let i = odd ? 3 : 2; i <= freedom; i += 2) {
    sum += term;
    term *= (cosine * cosine * (i - 1)) / i;
  }
  const inside = odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return Math.max(0, 1 - inside);
}
