import type { Key } from "@jem-js/random";
import { add, div, mean, mul, sqrt, square, type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import { startChains } from "./_chains.ts";
import { checkPositive, checkProbability } from "./_check.ts";
import { langevinParts } from "./_langevin.ts";
import { readSchedule } from "./_schedule.ts";
import type { ChainState, ScoreModel, TemperedKernel } from "./kernel.ts";
import type { LangevinOptions } from "./langevin_options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of {@linkcode psgld}. */
export interface PsgldOptions extends LangevinOptions {
  /** The step `eta`, before the preconditioner. Greater than 0. */
  readonly eta: Schedule;
  /** The temperature `T`. At least 0. @default {1} */
  readonly temperature?: Schedule;
  /** How slowly the mean square of the score forgets, in [0, 1). @default {0.99} */
  readonly decay?: number;
  /** What is added to the root mean square of the score. Greater than 0. @default {1e-5} */
  readonly epsilon?: number;
}

/** The state of {@linkcode psgld}. */
export interface PsgldState extends ChainState {
  /** The decaying mean square of the score, from 0, over steps and chains; `[1, ...input]`. */
  readonly meanSquare: Tensor;
}

/**
 * Preconditioned Langevin dynamics: each coordinate's step is divided by the root mean square of its score (RMSprop), so
 * that coordinates of different scale mix equally fast: `x' = x + eta G score(x) + sqrt(2 eta T G) xi` with
 * `G = 1 / (epsilon + sqrt(V))`, `V = decay V + (1 - decay) mean(score^2)`, corrected for its start at 0.
 *
 * Start where the score is not 0: there the first step is `eta / epsilon`.
 *
 * `V` is also averaged over the chains of the batch. The term of `G`'s derivative, which the authors too leave out,
 * vanishes as `decay` nears 1 or the batch grows. With `G` as good as
 * constant each coordinate is `sgld` of step size `a = eta G` and noise `sigma^2 = 2 eta T G`: the temperature
 * `sigma^2 / (2a)` is `T`, whatever `G`. On a Gaussian of variance `s^2` the stationary variance is
 * `T s^2 / (1 - eta G / (2 s^2))`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { psgld, run } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const variance = tf.tensor1d([1, 1e4]);
 * const kernel = psgld({ score: (x) => tf.neg(tf.div(x, variance)) }, { eta: 0.1 });
 * const { x } = run(kernel, tf.ones([500, 2]), { key: key(0), steps: 100 });
 * const [narrow, wide] = await tf.moments(x, 0).variance.sqrt().data();
 * expect(wide! / narrow!).toBeGreaterThan(50); // 100 in the limit; sgld would still be at the start
 * ```
 *
 * @see {@link https://arxiv.org/abs/1512.07666 | Li et al., Preconditioned stochastic gradient Langevin dynamics, algorithm 1}
 *
 * @param head What is sampled: anything with `score(x, y?)`. Inputs are `[batch, ...input]`.
 * @param options The step and what goes with it.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` has no score; from `init`, when `x` is not a non-empty float32 tensor.
 * @throws {RangeError} When an option is out of its range.
 */
export function psgld(head: ScoreModel, options: PsgldOptions): TemperedKernel<PsgldState> {
  const action = "create psgld kernel";
  const { decay = 0.99, epsilon = 1e-5 } = options;
  const eta = readSchedule(action, "eta", options.eta);
  const temperature = readSchedule(action, "temperature", options.temperature ?? 1, "zero");
  checkProbability(action, "decay", decay);
  if (decay === 1) throw new RangeError(`Cannot ${action}: decay must be less than 1 but found 1`);
  checkPositive(action, "epsilon", epsilon);
  const { score, clipped, noise, bounded } = langevinParts(action, head, options);

  function step(key: Key, state: PsgldState): PsgldState {
    const rate = eta(state.step);
    const noiseScale = Math.sqrt(2 * rate * temperature(state.step));
    const moved = tidy(() => {
      const { gradient, info } = clipped(score(state.x));
      const meanSquare = add(mul(state.meanSquare, decay), mul(mean(square(gradient), 0, true), 1 - decay));
      const corrected = div(meanSquare, 1 - decay ** (state.step + 1));
      const preconditioner = div(1, add(sqrt(corrected), epsilon));
      const drift = mul(mul(gradient, preconditioner), rate);
      const diffusion = mul(mul(noise(key, state), sqrt(preconditioner)), noiseScale);
      return { x: bounded(add(add(state.x, drift), diffusion)), meanSquare, ...(info && { info }) };
    });
    return { ...moved, step: state.step + 1 };
  }

  return {
    init: (x, from) => ({
      x: startChains(x),
      step: from?.step ?? 0,
      meanSquare: from ? from.meanSquare.clone() : zeros([1, ...x.shape.slice(1)]),
    }),
    step,
    get temperature(): number {
      return temperature(0);
    },
  };
}
