import { type Key, normal, split } from "@jem-js/random";
import { add, div, mul, sqrt, square, sub } from "@tensorflow/tfjs-core";
import { sumPerChain } from "./_chains.ts";
import { acceptOrReject, metropolisKernel } from "./_metropolis.ts";
import type { DensityModel, TemperedKernel } from "./kernel.ts";
import type { MetropolisOptions, MetropolisState } from "./metropolis_options.ts";

/** Options of {@linkcode mala}. */
export interface MalaOptions extends MetropolisOptions {}

/**
 * The Metropolis-adjusted Langevin algorithm: a Langevin step `x' = x + eta g(x) + sqrt(2 eta) xi` with
 * `g = score / T`, accepted with probability `min(1, exp(f(x')/T) q(x|x') / (exp(f(x)/T) q(x'|x)))`, so that the
 * stationary density is exact for every step size `eta`.
 *
 * `info` holds `acceptance` (the probability) and `accepted` (0 or 1), both `[batch]`, and `stepSize` when it is adapted.
 * With adaptation the mean acceptance goes to 0.574, which is optimal in many dimensions.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mala, run } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const gaussian = {
 *   logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5),
 *   score: (x: tf.Tensor) => tf.neg(x),
 * };
 * const kernel = mala(gaussian, { stepSize: 0.5 });
 * const { x, info } = run(kernel, tf.zeros([2000, 1]), { key: key(0), steps: 30 });
 * expect((await tf.moments(x).variance.data())[0]).toBeCloseTo(1, 0);
 * expect((await tf.mean(info!.acceptance!).data())[0]).toBeGreaterThan(0.8);
 * ```
 *
 * @see {@link https://doi.org/10.2307/3318418 | Roberts and Tweedie, Exponential convergence of Langevin distributions}
 *
 * @param head What is sampled: anything with `logDensity(x, y?)` and `score(x, y?)`. Inputs are `[batch, ...input]`.
 * @param options The step size `eta` and what goes with it.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` lacks a member, or an adapted step size is a function; from `init`, when `x` is not a
 * non-empty float32 tensor.
 * @throws {RangeError} When an option is out of its range.
 */
export function mala(head: DensityModel, options: MalaOptions): TemperedKernel<MetropolisState> {
  const settings = { targetAcceptance: 0.574, ...options };
  return metropolisKernel("create mala kernel", head, settings, (key, from, target, { stepSize, temperature }) => {
    const [noiseKey, acceptKey] = split(key) as [Key, Key];
    const noise = normal(noiseKey, from.x.shape);
    const x = add(add(from.x, mul(mul(from.score, stepSize), 1 / temperature)), mul(noise, sqrt(mul(stepSize, 2))));
    const to = { x, logDensity: target.logDensity(x), score: target.score(x) };
    // With s = g(x) + g(x'), log q(x|x') - log q(x'|x) = -sqrt(eta / 2) <xi, s> - eta |s|^2 / 4: no difference of
    // nearly equal squares.
    const slopes = div(add(from.score, to.score), temperature);
    const reverse = add(
      mul(sumPerChain(mul(noise, slopes)), sqrt(mul(stepSize, 0.5))),
      mul(sumPerChain(square(slopes)), mul(stepSize, 0.25)),
    );
    const ratio = sub(div(sub(to.logDensity, from.logDensity), temperature), reverse);
    return acceptOrReject(acceptKey, from, to, ratio);
  });
}
