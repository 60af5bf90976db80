import { checkCount } from "./_check.ts";
import { readGaussians } from "./_gaussian.ts";
import { normalCdf } from "./_normal.ts";
import { readSamples } from "./_read_samples.ts";
import type { GaussianForecast } from "./gaussian_crps.ts";
import type { Matrix } from "./matrix.ts";

/** Forecasts of `n` numbers by samples. */
export interface SampleForecast {
  /** The samples, `[samples, n]`, at least one. */
  readonly samples: Matrix;
}

/** How often forecasts cover what was observed. */
export interface PredictiveCalibration {
  /**
   * The probability integral transforms, `[n]`: uniform when the forecasts are calibrated. `Φ((y - mean) / std)`, or the
   * share of samples below the target, those equal to it counted one half.
   */
  readonly pit: Float64Array;
  /** The expected shares, from 0 to 1 in equal steps. */
  readonly levels: Float64Array;
  /** The share of targets in the central interval of each level (PICP). */
  readonly intervalCoverage: Float64Array;
  /** The share of targets at or below the quantile of each level. */
  readonly quantileCoverage: Float64Array;
  /** The mean absolute difference of interval coverage and level. */
  readonly meanAbsoluteError: number;
  /** The root of the mean squared difference of interval coverage and level. */
  readonly rootMeanSquaredError: number;
  /** The area between interval coverage, with lines between the levels, and the diagonal; in [0, 1/2]. */
  readonly miscalibrationArea: number;
  /** The root of the mean variance (of samples: divided by their number): sharpness, smaller is sharper. */
  readonly sharpness: number;
}

/** Of ten samples, 0.65 and the level 0.3 are to meet. */
const ROUNDING = 1e-12;

/** Options of {@linkcode predictiveCalibration}. */
export interface PredictiveCalibrationOptions {
  /** How many levels there are, 0 and 1 included. @default {11} */
  readonly levels?: number;
}

/**
 * The calibration of forecasts, Gaussian or by samples: probability integral transforms, coverage of central intervals and of quantiles
 * at equally spaced levels, and sharpness. Few samples make few different transforms: take many more samples than levels. A
 * forecast is as good as it is sharp, among those that are calibrated.
 *
 * @example Usage
 * ```ts
 * import { predictiveCalibration } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { pit, intervalCoverage } = predictiveCalibration({ mean: [0, 0], std: [1, 1] }, [0, 3], { levels: 3 });
 * expect(pit[0]).toBe(0.5);
 * expect([...intervalCoverage]).toEqual([0.5, 0.5, 1]); // 0 is in the middle: covered at each level
 * ```
 *
 * @see {@link https://doi.org/10.1111/j.1467-9868.2007.00587.x | Gneiting et al., Probabilistic forecasts, calibration and sharpness}
 *
 * @param forecast The means and standard deviations, `[n]` each, or samples, `[samples, n]`.
 * @param targets What was observed, `[n]`, finite.
 * @param options The levels.
 * @returns The coverages and errors.
 * @throws {TypeError} When the arguments are no arrays of one length.
 * @throws {RangeError} When there is none, one is not finite, a standard deviation is not positive, or there are fewer
 * than two levels.
 */
export function predictiveCalibration(
  forecast: GaussianForecast | SampleForecast,
  targets: ArrayLike<number>,
  options: PredictiveCalibrationOptions = {},
): PredictiveCalibration {
  const { levels: count = 11 } = options;
  const action = "compute the calibration of forecasts";
  checkCount(action, "levels", count, 2);
  const isSampled = typeof forecast === "object" && forecast !== null && "samples" in forecast;
  const { pit, sharpness } = isSampled
    ? ofSamples(action, forecast, targets)
    : ofGaussians(action, forecast as GaussianForecast, targets);
  const levels = Float64Array.from({ length: count }, (_, i) => i / (count - 1));
  const share = (holds: (u: number) => boolean): number =>
    pit.reduce((sum, u) => sum + (holds(u) ? 1 : 0), 0) / pit.length;
  const intervalCoverage = levels.map((level) => share((u) => Math.abs(2 * u - 1) <= level + ROUNDING));
  const quantileCoverage = levels.map((level) => share((u) => u <= level + ROUNDING));
  const differences = intervalCoverage.map((covered, i) => covered - levels[i]!);
  const gaps = differences.map(Math.abs);
  return {
    pit,
    levels,
    intervalCoverage,
    quantileCoverage,
    meanAbsoluteError: gaps.reduce((sum, gap) => sum + gap, 0) / count,
    rootMeanSquaredError: Math.sqrt(gaps.reduce((sum, gap) => sum + gap * gap, 0) / count),
    miscalibrationArea: areaOf(differences) / (count - 1),
    sharpness,
  };
}

type Transforms = Pick<PredictiveCalibration, "pit" | "sharpness">;

function ofGaussians(action: string, forecast: GaussianForecast, targets: ArrayLike<number>): Transforms {
  const { mean, std, y } = readGaussians(action, forecast, targets, false);
  return {
    pit: y.map((value, i) => normalCdf((value - mean[i]!) / std[i]!)),
    sharpness: Math.sqrt(std.reduce((sum, s) => sum + s * s, 0) / std.length),
  };
}

function ofSamples(action: string, { samples }: SampleForecast, targets: ArrayLike<number>): Transforms {
  const { data, count, y } = readSamples(action, samples, targets);
  const n = y.length;
  let variances = 0;
  const pit = y.map((target, i) => {
    let [halves, mean, squares] = [0, 0, 0];
    for (let t = 0; t < count; t++) {
      const value = data[t * n + i]!;
      halves += value < target ? 2 : value === target ? 1 : 0;
      const step = value - mean;
      mean += step / (t + 1);
      squares += step * (value - mean);
    }
    variances += squares / count;
    return halves / (2 * count);
  });
  return { pit, sharpness: Math.sqrt(variances / n) };
}

/** The area between lines through points one apart and the axis, which the lines may cross. */
function areaOf(heights: Float64Array): number {
  let area = 0;
  for (let i = 0; i + 1 < heights.length; i++) {
    const [a, b] = [heights[i]!, heights[i + 1]!];
    const sum = Math.abs(a) + Math.abs(b);
    if (sum > 0) area += a * b >= 0 ? sum / 2 : (a * a + b * b) / (2 * sum);
  }
  return area;
}
