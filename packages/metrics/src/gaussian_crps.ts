import { crpsOfGaussian, readGaussians } from "./_gaussian.ts";

/**
 * The continuous ranked probability score of Gaussian forecasts, a number for each,
 * `s (w (2Φ(w) - 1) + 2φ(w) - 1/√π)` with `w = (y - mean) / s`; smaller is better. With `s = 0` it is `|y - mean|`.
 *
 * @example Usage
 * ```ts
 * import { gaussianCrps } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(gaussianCrps({ mean: [0], std: [1] }, [0])[0]).toBeCloseTo(0.23369497725510913, 12);
 * ```
 *
 * @see {@link https://doi.org/10.1198/016214506000001437 | Gneiting and Raftery, Strictly proper scoring rules, §4.2}
 *
 * @param forecast The means and standard deviations, `[n]` each.
 * @param targets What was observed, `[n]`, finite.
 * @returns The scores, `[n]`, at least 0, owned by the caller.
 * @throws {TypeError} When the arguments are no arrays of one length.
 * @throws {RangeError} When there is none, one is not finite, or a standard deviation is negative.
 */
export function gaussianCrps(forecast: GaussianForecast, targets: ArrayLike<number>): Float64Array {
  const { mean, std, y } = readGaussians("compute the CRPS", forecast, targets, true);
  return y.map((value, i) => crpsOfGaussian(value - mean[i]!, std[i]!));
}

/** Gaussian forecasts of `n` numbers. */
export interface GaussianForecast {
  /** The means, `[n]`. */
  readonly mean: ArrayLike<number>;
  /** The standard deviations, `[n]`. */
  readonly std: ArrayLike<number>;
}
