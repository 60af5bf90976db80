import { checkLength, readNumbers } from "./_check.ts";
import { normalCdf, normalDensity } from "./_normal.ts";
import { FINITE, POSITIVE } from "./_numbers.ts";
import type { GaussianForecast } from "./gaussian_crps.ts";

/** The score of a Gaussian forecast whose mean was `error` off. */
export function crpsOfGaussian(error: number, std: number): number {
  if (std === 0) return Math.abs(error);
  const w = error / std;
  return std * (w * (2 * normalCdf(w) - 1) + 2 * normalDensity(w) - 1 / Math.sqrt(Math.PI));
}

/** Checked copies of forecasts and targets; a standard deviation of 0 only where it is allowed. */
export function readGaussians(
  action: string,
  forecast: GaussianForecast,
  targets: ArrayLike<number>,
  allowsZero: boolean,
): { mean: Float64Array; std: Float64Array; y: Float64Array } {
  const y = readNumbers(action, "targets", targets);
  const mean = readNumbers(action, "mean", forecast?.mean);
  const range = allowsZero ? { ...FINITE, low: 0, name: "at least 0 and finite" } : POSITIVE;
  const std = readNumbers(action, "std", forecast.std, range);
  checkLength(action, "mean", mean.length, y.length);
  checkLength(action, "std", std.length, y.length);
  return { mean, std, y };
}
