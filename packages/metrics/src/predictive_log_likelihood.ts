import { checkChoice } from "./_check.ts";
import { readSamples } from "./_read_samples.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode predictiveLogLikelihood}. */
export interface PredictiveLogLikelihoodOptions {
  /** The precision of the observation noise, `1 / variance`, positive. */
  readonly precision: number;
  /**
   * `"mixture"` is the likelihood of the mixture of Gaussians around the samples, `"moment"` that of one Gaussian with
   * its mean and variance. They are different numbers: state which. @default {"mixture"}
   */
  readonly method?: "mixture" | "moment";
}

/**
 * The predictive log-likelihood (PLL) of each target under `T` samples and Gaussian noise of precision `tau`; larger is
 * better. `"mixture"`: `logsumexp_t(-tau (y - x_t)² / 2) - log T - log(2π) / 2 + log(tau) / 2`.
 *
 * @example Usage
 * ```ts
 * import { predictiveLogLikelihood } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(predictiveLogLikelihood([[0]], [0], { precision: 1 })[0]).toBeCloseTo(-Math.log(2 * Math.PI) / 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.06455 | Teye et al., Bayesian uncertainty estimation for batch normalized deep networks}
 *
 * @param samples The samples, `[T, n]`, finite: one row a draw of all predictions.
 * @param targets What was observed, `[n]`, finite.
 * @param options The precision and the method.
 * @returns The log-likelihoods, `[n]`, owned by the caller.
 * @throws {TypeError} When the arguments are no arrays, their lengths do not fit, or `method` is unknown.
 * @throws {RangeError} When there is none, one is not finite, or `precision` is not positive and finite.
 */
export function predictiveLogLikelihood(
  samples: Matrix,
  targets: ArrayLike<number>,
  options: PredictiveLogLikelihoodOptions,
): Float64Array {
  const { precision, method = "mixture" } = options;
  const action = "compute the predictive log-likelihood";
  checkChoice(action, "method", method, ["mixture", "moment"]);
  if (!(precision > 0 && precision < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: precision must be positive and finite but found ${precision}`);
  }
  const { data, count, y } = readSamples(action, samples, targets);
  const constant = -Math.log(2 * Math.PI) / 2;
  return y.map((target, i) => {
    const at = (t: number): number => data[t * y.length + i]!;
    if (method === "moment") {
      let mean = 0;
      for (let t = 0; t < count; t++) mean += at(t) / count;
      let variance = 1 / precision;
      for (let t = 0; t < count; t++) variance += (at(t) - mean) ** 2 / count;
      return constant - Math.log(variance) / 2 - (target - mean) ** 2 / (2 * variance);
    }
    let largest = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < count; t++) largest = Math.max(largest, (-precision / 2) * (target - at(t)) ** 2);
    let sum = 0;
    for (let t = 0; t < count; t++) sum += Math.exp((-precision / 2) * (target - at(t)) ** 2 - largest);
    return largest + Math.log(sum / count) + constant + Math.log(precision) / 2;
  });
}
