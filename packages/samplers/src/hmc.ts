import { type Key, split } from "@jem-js/random";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import { diagonalMass, energyLoss, leapfrog, type Phase } from "./_leapfrog.ts";
import { acceptOrReject, metropolisKernel } from "./_metropolis.ts";
import type { DensityModel, TemperedKernel } from "./kernel.ts";
import type { MetropolisOptions, MetropolisState } from "./metropolis_options.ts";

/** Options of {@linkcode hmc}. */
export interface HmcOptions extends MetropolisOptions {
  /** How many leapfrog steps make a trajectory, each one score of the model. @default {10} */
  readonly leapfrogSteps?: number;
  /**
   * The inverse masses, of the shape of one input, best near the variances of the coordinates; borrowed for as long as
   * the kernel is used. @default {all 1}
   */
  readonly inverseMass?: Tensor;
}

/**
 * Hamiltonian Monte Carlo: draws momenta `p ~ N(0, M)`, follows the dynamics of `H = -f(x)/T + p M^-1 p / 2` for some
 * leapfrog steps, and accepts the end with probability `min(1, exp(H(start) - H(end)))`.
 *
 * `info` holds `acceptance` (the probability) and `accepted` (0 or 1), both `[batch]`, and `stepSize` when it is adapted.
 * A trajectory of constant length may come back to its start: vary `stepSize` with the step, or use `nuts`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { hmc, run } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const gaussian = {
 *   logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5),
 *   score: (x: tf.Tensor) => tf.neg(x),
 * };
 * const kernel = hmc(gaussian, { stepSize: 0.2, leapfrogSteps: 7 });
 * const { x, info } = run(kernel, tf.zeros([2000, 1]), { key: key(0), steps: 10 });
 * expect((await tf.moments(x).variance.data())[0]).toBeCloseTo(1, 0);
 * expect((await tf.mean(info!.acceptance!).data())[0]).toBeGreaterThan(0.95);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1206.1901 | Neal, MCMC using Hamiltonian dynamics}
 * @see {@link https://arxiv.org/abs/1111.4246 | Hoffman and Gelman, The No-U-Turn Sampler, §3.2, for the adaptation}
 *
 * @param head What is sampled: anything with `logDensity(x, y?)` and `score(x, y?)`. Inputs are `[batch, ...input]`.
 * @param options The step size and what goes with it.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` lacks a member, or an adapted step size is a function; from `init`, when `x` is not a
 * non-empty float32 tensor.
 * @throws {RangeError} When an option is out of its range.
 */
export function hmc(head: DensityModel, options: HmcOptions): TemperedKernel<MetropolisState> {
  const action = "create hmc kernel";
  const { leapfrogSteps = 10, inverseMass } = options;
  checkInteger(action, "leapfrogSteps", leapfrogSteps, 1);
  const mass = diagonalMass(inverseMass);
  const settings = { targetAcceptance: 0.8, ...options };
  return metropolisKernel(action, head, settings, (key, from, target, { stepSize, temperature }) => {
    const [momentumKey, acceptKey] = split(key) as [Key, Key];
    const dynamics = { score: target.score, mass, temperature };
    const momentum = mass.draw(momentumKey, from.x);
    let phase: Phase = leapfrog(dynamics, { ...from, momentum }, stepSize);
    for (let i = 1; i < leapfrogSteps; i++) {
      const previous = phase;
      phase = leapfrog(dynamics, previous, stepSize);
      dispose([previous.x, previous.momentum, previous.score]);
    }
    const to = { ...phase, logDensity: target.logDensity(phase.x) };
    return acceptOrReject(acceptKey, from, to, energyLoss(dynamics, { ...from, momentum }, to));
  });
}
