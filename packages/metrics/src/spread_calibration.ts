import { checkChoice, checkCount } from "./_check.ts";
import { readGaussians } from "./_gaussian.ts";
import type { GaussianForecast } from "./gaussian_crps.ts";

/** Options of {@linkcode spreadCalibration}. */
export interface SpreadCalibrationOptions {
  /** How many bins there are. @default {10} */
  readonly bins?: number;
  /**
   * Whether bins have equal `"mass"`, nearly as many forecasts each in the order of their standard deviation, or equal
   * `"width"` from the smallest to the largest standard deviation.
   * @default {"mass"}
   */
  readonly binning?: "mass" | "width";
}

/** One bin of forecasts of similar spread. */
export interface SpreadBin {
  /** How many forecasts it has, at least 1. */
  readonly count: number;
  /** The root of their mean variance (RMV). */
  readonly spread: number;
  /** The root of their mean squared error (RMSE). */
  readonly error: number;
}

/** Whether forecasts err as much as they say. */
export interface SpreadCalibration {
  /** The bins that are not empty, by ascending spread. */
  readonly bins: SpreadBin[];
  /** The expected normalised calibration error (ENCE): the mean of `|error - spread| / spread` over the bins. */
  readonly ence: number;
  /** The uncertainty calibration error (UCE): the mean of `|error² - spread²|`, weighted by count. */
  readonly uce: number;
}

/**
 * The calibration of the spread of Gaussian forecasts: in bins of similar standard deviation, the root of the mean squared
 * error should be the root of the mean variance. It is the reliability diagram of regression.
 *
 * @example Usage
 * ```ts
 * import { spreadCalibration } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const forecast = { mean: [0, 0, 0, 0], std: [1, 1, 3, 3] };
 * const { bins, ence } = spreadCalibration(forecast, [1, -1, 6, -6], { bins: 2 });
 * expect(bins[1]).toEqual({ count: 2, spread: 3, error: 6 });
 * expect(ence).toBe(0.5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1905.11659 | Levi et al., Evaluating and calibrating uncertainty prediction in regression tasks}
 * @see {@link https://arxiv.org/abs/2006.11584 | Laves et al., Well-calibrated regression uncertainty in medical imaging}, on UCE
 *
 * @param forecast The means and standard deviations, `[n]` each.
 * @param targets What was observed, `[n]`, finite.
 * @param options The bins.
 * @returns The bins and errors, owned by the caller.
 * @throws {TypeError} When the arguments are no arrays of one length, or `binning` is unknown.
 * @throws {RangeError} When there is none, one is not finite, a standard deviation is not positive, or `bins` is not a
 * positive integer.
 */
export function spreadCalibration(
  forecast: GaussianForecast,
  targets: ArrayLike<number>,
  options: SpreadCalibrationOptions = {},
): SpreadCalibration {
  const { bins: count = 10, binning = "mass" } = options;
  const action = "compute the calibration of spread";
  checkCount(action, "bins", count);
  checkChoice(action, "binning", binning, ["mass", "width"]);
  const { mean, std, y } = readGaussians(action, forecast, targets, false);
  const n = y.length;
  const order = Uint32Array.from(std, (_, i) => i).sort((i, j) => std[i]! - std[j]! || i - j);
  const smallest = std[order[0]!]!;
  const range = std[order[n - 1]!]! - smallest;
  const bins: SpreadBin[] = [];
  for (let bin = 0, from = 0; bin < count; bin++) {
    let to = from;
    if (binning === "mass") to = (bin + 1) * Math.floor(n / count) + Math.min(bin + 1, n % count);
    else if (bin === count - 1) to = n;
    else while (to < n && std[order[to]!]! < smallest + (range * (bin + 1)) / count) to++;
    if (to > from) bins.push(binOf(order.subarray(from, to), mean, std, y));
    from = to;
  }
  return {
    bins,
    ence: bins.reduce((sum, { error, spread }) => sum + Math.abs(error - spread) / spread, 0) / bins.length,
    uce: bins.reduce((sum, bin) => sum + (bin.count / n) * Math.abs(bin.error ** 2 - bin.spread ** 2), 0),
  };
}

function binOf(indices: Uint32Array, mean: Float64Array, std: Float64Array, y: Float64Array): SpreadBin {
  let variance = 0;
  let squares = 0;
  for (const i of indices) {
    variance += std[i]! ** 2 / indices.length;
    squares += (y[i]! - mean[i]!) ** 2 / indices.length;
  }
  return { count: indices.length, spread: Math.sqrt(variance), error: Math.sqrt(squares) };
}
