import { readGaussians } from "./_gaussian.ts";
import { normalQuantile } from "./_normal.ts";
import { readLevels } from "./_quantiles.ts";
import type { GaussianForecast } from "./gaussian_crps.ts";

/** Options of {@linkcode intervalScore}. */
export interface IntervalScoreOptions {
  /** The shares that the central intervals are to cover, in (0, 1). @default {0.01, 0.02, ..., 0.99} */
  readonly levels?: ArrayLike<number>;
}

/**
 * The interval score (Winkler score) of the central intervals of Gaussian forecasts, a number for each, averaged over the
 * levels: the width of the interval, and `2 / (1 - level)` times how far the target is outside of it; smaller is better.
 *
 * @example Usage
 * ```ts
 * import { intervalScore } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * // The interval is 1.349 wide; the target is 3 - 0.6745 above it.
 * const [score] = intervalScore({ mean: [0], std: [1] }, [3], { levels: [0.5] });
 * expect(score).toBeCloseTo(1.349 + 4 * (3 - 0.6745), 3);
 * ```
 *
 * @see {@link https://doi.org/10.1198/016214506000001437 | Gneiting and Raftery, Strictly proper scoring rules, §6.2}
 *
 * @param forecast The means and standard deviations, `[n]` each.
 * @param targets What was observed, `[n]`, finite.
 * @param options The levels.
 * @returns The scores, `[n]`, at least 0, owned by the caller.
 * @throws {TypeError} When the arguments are no arrays of one length.
 * @throws {RangeError} When there is none, one is not finite, a standard deviation is negative, or a level is outside (0, 1).
 */
export function intervalScore(
  forecast: GaussianForecast,
  targets: ArrayLike<number>,
  options: IntervalScoreOptions = {},
): Float64Array {
  const action = "compute the interval score";
  const levels = readLevels(action, options.levels);
  const { mean, std, y } = readGaussians(action, forecast, targets, true);
  const quantiles = levels.map((level) => normalQuantile(0.5 + level / 2));
  return y.map((target, i) => {
    let sum = 0;
    for (let k = 0; k < levels.length; k++) {
      const half = std[i]! * quantiles[k]!;
      const outside = Math.max(0, Math.abs(target - mean[i]!) - half);
      sum += 2 * half + (2 / (1 - levels[k]!)) * outside;
    }
    return sum / levels.length;
  });
}
