import { checkChoice } from "./_check.ts";
import { readSamples } from "./_read_samples.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode sampleCrps}. */
export interface SampleCrpsOptions {
  /**
   * `"biased"` scores the distribution of the samples themselves, `"fair"` estimates that of the forecast they were
   * drawn from, without bias, and can be negative; it needs two samples. @default {"biased"}
   */
  readonly estimator?: "biased" | "fair";
}

/**
 * The continuous ranked probability score of forecasts that are given by `T` samples, a number for each target:
 * `mean |x - y| - (1/2) mean |x - x'|`, where the last mean is over all `T²` pairs, or over the `T (T - 1)` of different
 * samples (`"fair"`). By sorting, in O(T log T).
 *
 * @example Usage
 * ```ts
 * import { sampleCrps } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(sampleCrps([[0], [1], [2], [3]], [1.2])[0]).toBeCloseTo(0.375);
 * expect(sampleCrps([[0], [1], [2], [3]], [1.2], { estimator: "fair" })[0]).toBeCloseTo(1 / 6);
 * ```
 *
 * @see {@link https://doi.org/10.1002/qj.2270 | Ferro, Fair scores for ensemble forecasts}
 *
 * @param samples The samples, `[T, n]`, finite: one row a draw of all forecasts.
 * @param targets What was observed, `[n]`, finite.
 * @param options The estimator.
 * @returns The scores, `[n]`, owned by the caller.
 * @throws {TypeError} When the arguments are no arrays, their lengths do not fit, or `estimator` is unknown.
 * @throws {RangeError} When there is none, one is not finite, or there is one sample only for `"fair"`.
 */
export function sampleCrps(samples: Matrix, targets: ArrayLike<number>, options: SampleCrpsOptions = {}): Float64Array {
  const { estimator = "biased" } = options;
  const action = "compute the CRPS";
  checkChoice(action, "estimator", estimator, ["biased", "fair"]);
  const { data, count, y } = readSamples(action, samples, targets);
  const pairs = estimator === "fair" ? count * (count - 1) : count * count;
  if (pairs === 0) throw new RangeError(`Cannot ${action}: samples must have at least 2 rows but found ${count}`);
  const sorted = new Float64Array(count);
  return y.map((target, i) => {
    for (let t = 0; t < count; t++) sorted[t] = data[t * y.length + i]!;
    sorted.sort();
    let distance = 0;
    let spread = 0;
    for (let t = 0; t < count; t++) {
      distance += Math.abs(sorted[t]! - target);
      spread += (2 * t + 1 - count) * (sorted[t]! - sorted[0]!);
    }
    return distance / count - spread / pairs;
  });
}
