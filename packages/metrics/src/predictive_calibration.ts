import { checkCount } from "./_check.ts";
import { coverageOf, equalLevels, transformsOf } from "./_transforms.ts";
import type { GaussianForecast } from "./gaussian_crps.ts";
import type { SampleForecast } from "./sample_forecast.ts";

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
  const { pit, sharpness } = transformsOf(action, forecast, targets);
  const levels = equalLevels(count);
  const intervalCoverage = coverageOf(
    pit.map((u) => Math.abs(2 * u - 1)),
    levels,
  );
  const quantileCoverage = coverageOf(pit, levels);
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
