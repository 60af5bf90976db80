import { checkChoice, readNumbers } from "./_check.ts";
import { crpsOfGaussian } from "./_gaussian.ts";
import { normalDensity } from "./_normal.ts";

/** Options of {@linkcode uncertaintyBounds}. */
export interface UncertaintyBoundsOptions {
  /** Which score the bounds are of: the log-likelihood or the CRPS. */
  readonly score: "pll" | "crps";
  /** Smaller absolute errors are raised to it for the optimal log-likelihood, which is infinite at 0. @default {1e-12} */
  readonly floor?: number;
}

/** The scores of a constant and of the best possible uncertainty, and the scale between them. */
export interface UncertaintyBounds {
  /** The one standard deviation that scores best on all errors. */
  readonly constantStd: number;
  /** The mean score with it: 0 of the scale. */
  readonly constant: number;
  /** The mean score with the best standard deviation of each error: 100 of the scale. */
  readonly optimal: number;
  /** How many errors were raised to `floor`. */
  readonly floored: number;
  /** Maps a mean score to the scale, `100 (score - constant) / (optimal - constant)`; below 0 is worse than constant. */
  normalize(score: number): number;
}

const OPTIMAL_CRPS = 0.5949040335669751;

/**
 * The scale from 0, the best constant uncertainty, to 100, the best uncertainty that Gaussian forecasts with these errors
 * can have, for the log-likelihood or the CRPS. In closed form: a constant `sigma² = MSE` and `sigma_i = |e_i|` for the
 * former; the root of `sum_i (2φ(e_i / sigma) - 1/√π)` and `sigma_i = |e_i| / √ln 2`, which scores `0.5949 |e_i|`, for the
 * latter.
 *
 * @example Usage
 * ```ts
 * import { uncertaintyBounds } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { constant, optimal, normalize } = uncertaintyBounds([0.1, -0.5, 2], { score: "crps" });
 * expect(normalize(constant)).toBe(0);
 * expect(normalize(optimal)).toBe(100);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.06455 | Teye et al., Bayesian uncertainty estimation for batch normalized deep networks, §5}
 *
 * @param errors Targets less predicted means, `[n]`, finite, not all 0.
 * @param options The score.
 * @returns The bounds. `normalize` is NaN or infinite when all errors are of one size: both ends are then equal.
 * @throws {TypeError} When the errors are no array or `score` is unknown.
 * @throws {RangeError} When there is none, one is not finite, all are 0, or `floor` is not positive.
 */
export function uncertaintyBounds(errors: ArrayLike<number>, options: UncertaintyBoundsOptions): UncertaintyBounds {
  const { score, floor = 1e-12 } = options;
  const action = "compute bounds of uncertainty";
  checkChoice(action, "score", score, ["pll", "crps"]);
  if (!(floor > 0)) throw new RangeError(`Cannot ${action}: floor must be positive but found ${floor}`);
  const e = readNumbers(action, "errors", errors).map(Math.abs);
  const largest = e.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) throw new RangeError(`Cannot ${action}: errors must not all be 0`);
  const mean = (f: (error: number) => number): number => e.reduce((sum, error) => sum + f(error), 0) / e.length;
  const isPll = score === "pll";
  const constantStd = isPll ? largest * Math.sqrt(mean((error) => (error / largest) ** 2)) : crpsStd(e, largest);
  const optimal = isPll
    ? mean((error) => -Math.log(Math.max(error, floor)) - 0.5 - Math.log(2 * Math.PI) / 2)
    : mean((error) => OPTIMAL_CRPS * error);
  const floored = isPll ? e.reduce((count, error) => count + (error < floor ? 1 : 0), 0) : 0;
  const scoreOfConstant = (): number =>
    isPll
      ? -Math.log(constantStd) - 0.5 - Math.log(2 * Math.PI) / 2
      : mean((error) => crpsOfGaussian(error, constantStd));
  // Errors of one size leave nothing to gain; rounding would.
  const constant = floored === 0 && e.every((error) => error === largest) ? optimal : scoreOfConstant();
  return {
    constantStd,
    constant,
    optimal,
    floored,
    // Adding 0 makes -0 of it 0.
    normalize: (value) => (100 * (value - constant)) / (optimal - constant) + 0,
  };
}

/** The constant standard deviation of the smallest CRPS, whose derivative grows with it; 0 when most errors are 0. */
function crpsStd(e: Float64Array, largest: number): number {
  const slope = (std: number): number =>
    e.reduce((sum, error) => sum + 2 * normalDensity(error / std) - 1 / Math.sqrt(Math.PI), 0);
  let low = 0;
  let high = 2 * largest;
  for (let i = 0; i < 1100 && high - low > 1e-16 * high; i++) {
    const middle = (low + high) / 2;
    if (middle === 0 || middle === low || middle === high) break;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return high;
}
