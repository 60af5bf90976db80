import { readGaussians } from "./_gaussian.ts";
import { normalQuantile } from "./_normal.ts";
import { readLevels } from "./_quantiles.ts";
import type { GaussianForecast } from "./gaussian_crps.ts";

/** Options of {@linkcode quantileScore}. */
export interface QuantileScoreOptions {
  /** The levels of the quantiles, in (0, 1). @default {0.01, 0.02, ..., 0.99} */
  readonly levels?: ArrayLike<number>;
}

/**
 * The quantile score (pinball loss, check score) of Gaussian forecasts, a number for each, averaged over the levels:
 * `(1[y <= q] - level) (q - y)` with the quantile `q = mean + std Φ⁻¹(level)`; smaller is better. Over all levels it is half
 * of the CRPS.
 *
 * @example Usage
 * ```ts
 * import { quantileScore } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * // The median of the forecast is 2 too low: half of that.
 * expect(quantileScore({ mean: [0], std: [1] }, [2], { levels: [0.5] })[0]).toBeCloseTo(1, 12);
 * ```
 *
 * @see {@link https://doi.org/10.1198/016214506000001437 | Gneiting and Raftery, Strictly proper scoring rules, §6.1}
 *
 * @param forecast The means and standard deviations, `[n]` each.
 * @param targets What was observed, `[n]`, finite.
 * @param options The levels.
 * @returns The scores, `[n]`, at least 0, owned by the caller.
 * @throws {TypeError} When the arguments are no arrays of one length.
 * @throws {RangeError} When there is none, one is not finite, a standard deviation is negative, or a level is outside (0, 1).
 */
export function quantileScore(
  forecast: GaussianForecast,
  targets: ArrayLike<number>,
  options: QuantileScoreOptions = {},
): Float64Array {
  const action = "compute the quantile score";
  const levels = readLevels(action, options.levels);
  const { mean, std, y } = readGaussians(action, forecast, targets, true);
  const quantiles = levels.map(normalQuantile);
  return y.map((target, i) => {
    let sum = 0;
    for (let k = 0; k < levels.length; k++) {
      const above = mean[i]! + std[i]! * quantiles[k]! - target;
      sum += above >= 0 ? (1 - levels[k]!) * above : -levels[k]! * above;
    }
    return sum / levels.length;
  });
}
