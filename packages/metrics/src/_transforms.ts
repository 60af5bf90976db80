import { readGaussians } from "./_gaussian.ts";
import { normalCdf } from "./_normal.ts";
import { readSamples } from "./_read_samples.ts";
import type { GaussianForecast } from "./gaussian_crps.ts";
import type { SampleForecast } from "./sample_forecast.ts";

/** Of ten samples, 0.65 and the level 0.3 are to meet. */
const ROUNDING = 1e-12;

/** The probability integral transforms of targets, and the root of the mean variance of the forecasts. */
export interface Transforms {
  readonly pit: Float64Array;
  readonly sharpness: number;
}

/** Checks forecasts and targets, and transforms the targets. */
export function transformsOf(
  action: string,
  forecast: GaussianForecast | SampleForecast,
  targets: ArrayLike<number>,
): Transforms {
  const isSampled = typeof forecast === "object" && forecast !== null && "samples" in forecast;
  return isSampled ? ofSamples(action, forecast, targets) : ofGaussians(action, forecast as GaussianForecast, targets);
}

/** `count` levels from 0 to 1. */
export function equalLevels(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => i / (count - 1));
}

/** The share of `values` that is at most each level. */
export function coverageOf(values: Float64Array, levels: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  let covered = 0;
  return levels.map((level) => {
    while (covered < sorted.length && sorted[covered]! <= level + ROUNDING) covered++;
    return covered / sorted.length;
  });
}

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
