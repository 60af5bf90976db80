import { type Key, permutationValues, split } from "@jem-js/random/values";
import { checkArray, checkCount } from "./_check.ts";
import { coverageOf, equalLevels, transformsOf } from "./_transforms.ts";
import type { GaussianForecast } from "./gaussian_crps.ts";
import type { SampleForecast } from "./sample_forecast.ts";

/** Options of {@linkcode adversarialGroupCalibration}. */
export interface AdversarialGroupCalibrationOptions {
  /** The key that the random groups come from. */
  readonly key: Key;
  /** The shares of all examples that groups have, in (0, 1]. @default {0.1, 0.2, ..., 1} */
  readonly shares?: ArrayLike<number>;
  /** How many groups the worst is taken of. @default {10} */
  readonly groups?: number;
  /** How often that is repeated. @default {10} */
  readonly trials?: number;
  /** How many levels of coverage there are, 0 and 1 included. @default {100} */
  readonly levels?: number;
}

/** How badly calibrated the worst of random groups are. */
export interface AdversarialGroupCalibration {
  /** How many examples a group of each share has, at least 2 where there are as many. */
  readonly sizes: Int32Array;
  /** For each share, the mean over the trials of the worst group's mean absolute calibration error. */
  readonly mean: Float64Array;
  /** The standard deviation over the trials, 0 of a single one. */
  readonly std: Float64Array;
}

/**
 * Adversarial group calibration: the calibration error of the worst of several random groups, by their size. Forecasts that
 * are calibrated on average but not for parts of the inputs have large errors in small groups.
 *
 * @example Usage
 * ```ts
 * import { adversarialGroupCalibration, predictiveCalibration } from "@jem-js/metrics";
 * import { key } from "@jem-js/random/values";
 * import { expect } from "vitest";
 *
 * const forecast = { mean: [0, 0, 0, 0], std: [1, 1, 1, 1] };
 * const targets = [-1, 0.1, 0.5, 2];
 * const { mean } = adversarialGroupCalibration(forecast, targets, { key: key(0), shares: [0.5, 1], levels: 11 });
 * expect(mean[1]).toBeCloseTo(predictiveCalibration(forecast, targets).meanAbsoluteError);
 * expect(mean[0]).toBeGreaterThan(mean[1]!);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2006.10288 | Zhao et al., Individual calibration with randomized forecasting}
 *
 * @param forecast The means and standard deviations, `[n]` each, or samples, `[samples, n]`.
 * @param targets What was observed, `[n]`, finite.
 * @param options The key, and the groups.
 * @returns The errors of each share, owned by the caller.
 * @throws {TypeError} When the arguments are no arrays of one length.
 * @throws {RangeError} When there is none, one is not finite, a standard deviation is not positive, or an option is out of
 * range.
 */
export function adversarialGroupCalibration(
  forecast: GaussianForecast | SampleForecast,
  targets: ArrayLike<number>,
  options: AdversarialGroupCalibrationOptions,
): AdversarialGroupCalibration {
  const action = "compute the calibration of groups";
  const { key, groups = 10, trials = 10, levels: count = 100 } = options;
  const shares = readShares(action, options.shares);
  checkCount(action, "groups", groups);
  checkCount(action, "trials", trials);
  checkCount(action, "levels", count, 2);
  const { pit } = transformsOf(action, forecast, targets);
  const levels = equalLevels(count);
  const distances = pit.map((u) => Math.abs(2 * u - 1));
  const n = pit.length;
  const sizes = Int32Array.from(shares, (share) => Math.min(n, Math.max(2, Math.round(share * n))));
  const keys = split(key, sizes.length);
  const mean = new Float64Array(sizes.length);
  const std = new Float64Array(sizes.length);
  for (const [s, size] of sizes.entries()) {
    // All groups of the whole are the same.
    const worst =
      size === n
        ? new Float64Array(trials).fill(errorOf(distances, levels))
        : worstOf(split(keys[s]!, trials * groups), trials, groups, (k) =>
            errorOf(
              Float64Array.from(permutationValues(k, n).subarray(0, size), (i) => distances[i]!),
              levels,
            ),
          );
    mean[s] = worst.reduce((sum, value) => sum + value, 0) / trials;
    const squares = worst.reduce((sum, value) => sum + (value - mean[s]!) ** 2, 0);
    std[s] = Math.sqrt(squares / Math.max(1, trials - 1));
  }
  return { sizes, mean, std };
}

/** The mean absolute difference of coverage and level. */
function errorOf(distances: Float64Array, levels: Float64Array): number {
  return coverageOf(distances, levels).reduce((sum, c, i) => sum + Math.abs(c - levels[i]!), 0) / levels.length;
}

/** The largest error of the groups of each trial. */
function worstOf(keys: Key[], trials: number, groups: number, error: (key: Key) => number): Float64Array {
  return Float64Array.from({ length: trials }, (_, t) =>
    keys.slice(t * groups, (t + 1) * groups).reduce((worst, k) => Math.max(worst, error(k)), 0),
  );
}

function readShares(action: string, shares: ArrayLike<number> | undefined): Float64Array {
  if (shares === undefined) return Float64Array.from({ length: 10 }, (_, i) => (i + 1) / 10);
  checkArray(action, "shares", shares);
  if (shares.length === 0) throw new RangeError(`Cannot ${action}: shares must have at least 1 number but found 0`);
  return Float64Array.from(shares, (share, i) => {
    if (share > 0 && share <= 1) return share;
    throw new RangeError(`Cannot ${action}: shares must be in (0, 1] but found ${share} at ${i}`);
  });
}
