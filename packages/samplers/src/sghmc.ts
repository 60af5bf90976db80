import type { Key } from "@jem-js/random";
import { add, mul, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { startChains } from "./_chains.ts";
import { checkPositive, checkProbability } from "./_check.ts";
import { langevinParts } from "./_langevin.ts";
import { readSchedule } from "./_schedule.ts";
import type { ChainState, ScoreModel, TemperedKernel } from "./kernel.ts";
import type { LangevinOptions } from "./langevin_options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of {@linkcode sghmc}. */
export interface SghmcOptions extends LangevinOptions {
  /** The step `eta` (a learning rate: the square of a leapfrog step). Greater than 0. */
  readonly eta: Schedule;
  /** What part of its velocity a chain loses a step, in (0, 1]; 1 is Langevin dynamics. @default {0.1} */
  readonly friction?: number;
  /** The temperature `T`. At least 0. @default {1} */
  readonly temperature?: Schedule;
}

/** The state of {@linkcode sghmc}. */
export interface SghmcState extends ChainState {
  /** The velocities, the shape of `x`; 0 at the start. */
  readonly velocity: Tensor;
}

/**
 * Stochastic gradient Hamiltonian Monte Carlo: Langevin dynamics with momentum, unadjusted:
 * `v' = (1 - friction) v + eta score(x) + sqrt(2 friction eta T) xi`, `x' = x + v'`.
 *
 * With the leapfrog step `h = sqrt(eta)` and `v = h p` it is the dynamics `dx = p dt`,
 * `dp = grad f(x) dt - (friction / h) p dt + sqrt(2 (friction / h) T) dW`, whose stationary density is that of
 * `exp((f(x) - |p|^2 / 2) / T)`: the temperature is `T`. On a Gaussian of variance `s^2` the stationary variance is
 * `T s^2 / (1 - eta / (2 s^2 (2 - friction)))`, for `eta < 2 s^2 (2 - friction)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { run, sghmc } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const kernel = sghmc({ score: (x) => tf.neg(x) }, { eta: 0.01, friction: 0.2 });
 * const { x } = run(kernel, tf.zeros([2000, 1]), { key: key(0), steps: 100 });
 * expect((await tf.moments(x).variance.data())[0]).toBeCloseTo(1, 0);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1402.4102 | Chen et al., Stochastic gradient Hamiltonian Monte Carlo, equation 15}
 *
 * @param head What is sampled: anything with `score(x, y?)`. Inputs are `[batch, ...input]`.
 * @param options The step and what goes with it.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` has no score; from `init`, when `x` is not a non-empty float32 tensor.
 * @throws {RangeError} When an option is out of its range.
 */
export function sghmc(head: ScoreModel, options: SghmcOptions): TemperedKernel<SghmcState> {
  const action = "create sghmc kernel";
  const { friction = 0.1 } = options;
  const eta = readSchedule(action, "eta", options.eta);
  const temperature = readSchedule(action, "temperature", options.temperature ?? 1, "zero");
  checkPositive(action, "friction", friction);
  checkProbability(action, "friction", friction);
  const { score, clipped, noise, bounded } = langevinParts(action, head, options);

  function step(key: Key, state: SghmcState): SghmcState {
    const rate = eta(state.step);
    const noiseScale = Math.sqrt(2 * friction * rate * temperature(state.step));
    const moved = tidy(() => {
      const { gradient, info } = clipped(score(state.x));
      const push = add(mul(gradient, rate), mul(noise(key, state), noiseScale));
      const velocity = add(mul(state.velocity, 1 - friction), push);
      return { x: bounded(add(state.x, velocity)), velocity, ...(info && { info }) };
    });
    return { ...moved, step: state.step + 1 };
  }

  return {
    init: (x, from) => ({
      x: startChains(x),
      step: from?.step ?? 0,
      velocity: from ? from.velocity.clone() : zerosLike(x),
    }),
    step,
    get temperature(): number {
      return temperature(0);
    },
  };
}
