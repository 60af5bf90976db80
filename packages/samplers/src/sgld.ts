import type { Key } from "@jem-js/random";
import { tidy } from "@tensorflow/tfjs-core";
import { startChains } from "./_chains.ts";
import { langevinParts, temperatureOf } from "./_langevin.ts";
import { readSchedule } from "./_schedule.ts";
import type { ChainState, ScoreModel, TemperedKernel } from "./kernel.ts";
import type { LangevinOptions } from "./langevin_options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of {@linkcode sgld}: one of three parameterisations, and what all share. */
export type SgldOptions = (SgldStepOptions | SgldAlphaOptions | SgldEtaOptions) & LangevinOptions;

/** The practical parameterisation: the step size and the noise are chosen apart. */
export interface SgldStepOptions {
  /** The factor `a` of the score. JEM's is 1. Greater than 0. */
  readonly stepSize: Schedule;
  /** The standard deviation `sigma` of the noise. JEM's is 0.01. At least 0. */
  readonly noiseScale: Schedule;
}

/** The parameterisation of Langevin dynamics: `a = alpha / 2`, `sigma = sqrt(alpha T)`. */
export interface SgldAlphaOptions {
  /** The step `alpha`. Greater than 0. */
  readonly alpha: Schedule;
  /** The temperature `T`. At least 0. @default {1} */
  readonly temperature?: Schedule;
}

/** The parameterisation of the overdamped diffusion: `a = eta`, `sigma = sqrt(2 eta T)`. */
export interface SgldEtaOptions {
  /** The step `eta`, half of `alpha`. Greater than 0. */
  readonly eta: Schedule;
  /** The temperature `T`. At least 0. @default {1} */
  readonly temperature?: Schedule;
}

/**
 * Stochastic gradient Langevin dynamics, unadjusted: `x' = x + a score(x) + sigma xi`, `xi ~ N(0, I)`.
 *
 * Langevin dynamics of `exp(f / T)`, `x' = x + eta grad f(x) / T + sqrt(2 eta) xi`, is this rule with `eta = a T` and
 * `sigma^2 = 2 a T`: the temperature is `T = sigma^2 / (2a)`. On a Gaussian of variance `s^2` the stationary variance is
 * `T s^2 / (1 - a / (2 s^2))`, for `a < 2 s^2`. JEM's image defaults (`a = 1`, `sigma = 0.01`) sample at `T = 5e-5`,
 * almost an ascent to the modes; pass `alpha` or `eta` to sample the density itself.
 * With `gradientClip: 1`, `clamp: [-1, 1]` and `noiseScale: 0` it is the proximal form of JEM++. Step sizes, noise and
 * temperature may be functions of the step, as in annealing.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { run, sgld } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const gaussian = { score: (x: tf.Tensor) => tf.neg(x) }; // log p(x) = -x^2 / 2
 * const kernel = sgld(gaussian, { alpha: 0.1 });
 * expect(kernel.temperature).toBe(1);
 * const { x } = run(kernel, tf.zeros([1000, 1]), { key: key(0), steps: 100 });
 * const variance = tf.moments(x).variance;
 * expect((await variance.data())[0]).toBeCloseTo(1, 0);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM, equation 3 and appendix}
 * @see {@link https://arxiv.org/abs/2109.09032 | Yang and Ji, JEM++}
 * @see {@link https://www.stats.ox.ac.uk/~teh/research/compstats/WelTeh2011a.pdf | Welling and Teh, Bayesian learning via stochastic gradient Langevin dynamics}
 *
 * @param head What is sampled: anything with `score(x, y?)`, such as an energy head. Inputs are `[batch, ...input]`.
 * @param options The step and what goes with it.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` has no score, or not one parameterisation is given; from `init`, when `x` is not a
 * non-empty float32 tensor.
 * @throws {RangeError} When a step size or a gradient bound is not above 0, a noise scale or temperature is negative, or
 * `clamp` is empty; from `step`, when a schedule is so.
 */
export function sgld(head: ScoreModel, options: SgldOptions): TemperedKernel {
  const action = "create sgld kernel";
  const { stepSize, noiseScale } = readParameters(action, options);
  const { score, moved } = langevinParts(action, head, options);

  function step(key: Key, state: ChainState): ChainState {
    const [a, sigma] = [stepSize(state.step), noiseScale(state.step)];
    return { ...tidy(() => moved(key, state, score(state.x), a, sigma)), step: state.step + 1 };
  }

  return {
    init: (x, from) => ({ x: startChains(x), step: from?.step ?? 0 }),
    step,
    get temperature(): number {
      return temperatureOf(stepSize(0), noiseScale(0));
    },
  };
}

interface Parameters {
  readonly stepSize: (step: number) => number;
  readonly noiseScale: (step: number) => number;
}

function readParameters(action: string, options: SgldOptions): Parameters {
  const given = options as Partial<SgldStepOptions & SgldAlphaOptions & SgldEtaOptions>;
  const found = (["alpha", "eta", "stepSize", "noiseScale"] as const).filter((name) => given[name] !== undefined);
  const forms = new Set(found.map((name) => (name === "noiseScale" ? "stepSize" : name)));
  if (forms.size > 1) {
    throw new TypeError(
      `Cannot ${action}: give one of alpha, eta, or stepSize and noiseScale but found ${found.join(" and ")}`,
    );
  }
  const temperature = readSchedule(action, "temperature", given.temperature ?? 1, "zero");
  if (given.alpha !== undefined) {
    const alpha = readSchedule(action, "alpha", given.alpha);
    return { stepSize: (step) => alpha(step) / 2, noiseScale: (step) => Math.sqrt(alpha(step) * temperature(step)) };
  }
  if (given.eta !== undefined) {
    const stepSize = readSchedule(action, "eta", given.eta);
    return { stepSize, noiseScale: (step) => Math.sqrt(2 * stepSize(step) * temperature(step)) };
  }
  if (given.stepSize === undefined || given.noiseScale === undefined) {
    throw new TypeError(
      `Cannot ${action}: give alpha, eta, or both stepSize and noiseScale but found ${found[0] ?? "none"}`,
    );
  }
  if (given.temperature !== undefined) {
    throw new TypeError(`Cannot ${action}: temperature follows from stepSize and noiseScale but found both`);
  }
  return {
    stepSize: readSchedule(action, "stepSize", given.stepSize),
    noiseScale: readSchedule(action, "noiseScale", given.noiseScale, "zero"),
  };
}
