import { type Key, normal } from "@jem-js/random";
import { add, clipByValue, clone, engine, getBackend, getKernel, mul, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkNotNegative, checkPositive, checkRange } from "./_check.ts";
import type { ChainState, Kernel, Labels, ScoreModel } from "./kernel.ts";

/** Options of {@linkcode sgld}: one of two parameterisations, and what both share. */
export type SgldOptions = (SgldStepOptions | SgldAlphaOptions) & SgldSharedOptions;

/** The practical parameterisation: the step size and the noise are chosen apart. */
export interface SgldStepOptions {
  /** The factor `a` of the score. JEM's is 1. Greater than 0. */
  readonly stepSize: number;
  /** The standard deviation `sigma` of the noise. JEM's is 0.01. At least 0. */
  readonly noiseScale: number;
}

/** The parameterisation of theory: `a = alpha / 2`, `sigma = sqrt(alpha)`, so that the temperature is 1. */
export interface SgldAlphaOptions {
  /** The step `alpha` of Langevin dynamics. Greater than 0. */
  readonly alpha: number;
}

/** Options of {@linkcode sgld} that do not depend on the parameterisation. */
export interface SgldSharedOptions {
  /** Samples `p(x|y)` for these labels, one a chain, in place of `p(x)`. @default {undefined} */
  readonly labels?: Labels;
  /** Bounds that each new position is clipped to. JEM uses none. @default {undefined} */
  readonly clamp?: readonly [min: number, max: number];
  /**
   * Standard normal noise of step `step`, the shape of `x`, in place of the key's: to replay a trajectory. The tensor
   * is borrowed. @default {undefined}
   */
  readonly noise?: (step: number) => Tensor;
}

/**
 * The whole update in one pass, with the noise of `normal(key)`: a kernel that a backend may have, as `@jem-js/native`
 * does. It agrees with the composed form to rounding.
 */
const FUSED_STEP = "LangevinStep";

/** The kernel of {@linkcode sgld}. */
export interface SgldKernel extends Kernel {
  /** `T = sigma^2 / (2a)`: the chain's density is that of `exp(f / T)`. 5e-5 at JEM's defaults, 1 with `alpha`. */
  readonly temperature: number;
}

/**
 * Stochastic gradient Langevin dynamics, unadjusted: `x' = x + a score(x) + sigma xi`, `xi ~ N(0, I)`.
 *
 * For a small `a` its stationary density is `p(x)^(1/T)` with `T = sigma^2 / (2a)`. JEM's image defaults (`a = 1`,
 * `sigma = 0.01`) sample at `T = 5e-5`, almost an ascent to the modes; pass `alpha` to sample the density itself.
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
 * @see {@link https://www.stats.ox.ac.uk/~teh/research/compstats/WelTeh2011a.pdf | Welling and Teh, Bayesian learning via stochastic gradient Langevin dynamics}
 *
 * @param head What is sampled: anything with `score(x, y?)`, such as an energy head. Inputs are `[batch, ...input]`.
 * @param options The step and what goes with it.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` has no score, or both parameterisations are given, or neither.
 * @throws {RangeError} When a step size is not above 0, the noise scale is negative, or `clamp` is empty.
 */
export function sgld(head: ScoreModel, options: SgldOptions): SgldKernel {
  const action = "create sgld kernel";
  if (typeof head?.score !== "function") {
    throw new TypeError(`Cannot ${action}: head must have a score() but found ${typeof head}`);
  }
  const { stepSize, noiseScale } = stepAndNoise(action, options);
  const { labels, clamp, noise } = options;
  if (clamp) checkRange(action, "clamp", clamp);

  function init(x: Tensor): ChainState {
    if (x.dtype !== "float32" || x.rank < 1 || x.size === 0) {
      throw new TypeError(
        `Cannot start chains: x must be a non-empty float32 [batch, ...input] but found ${x.dtype} [${x.shape.join(", ")}]`,
      );
    }
    return { x: clone(x), step: 0 };
  }

  function step(key: Key, state: ChainState): ChainState {
    const x = tidy(() => {
      const gradient = head.score(state.x, labels);
      if (!noise && noiseScale > 0 && getKernel(FUSED_STEP, getBackend()) != null) {
        const attrs = { stepSize, noiseScale, key: [...key] };
        return bounded(engine().runKernel(FUSED_STEP, { x: state.x, gradient }, attrs) as Tensor);
      }
      const drifted = add(state.x, mul(gradient, stepSize));
      if (noiseScale === 0) return bounded(drifted);
      const xi = noise ? noise(state.step) : normal(key, state.x.shape);
      return bounded(add(drifted, mul(xi, noiseScale)));
    });
    return { x, step: state.step + 1 };
  }

  function bounded(x: Tensor): Tensor {
    return clamp ? clipByValue(x, clamp[0], clamp[1]) : x;
  }

  return { init, step, temperature: noiseScale ** 2 / (2 * stepSize) };
}

function stepAndNoise(action: string, options: SgldOptions): SgldStepOptions {
  const given = options as Partial<SgldStepOptions & SgldAlphaOptions>;
  if (given.alpha !== undefined) {
    if (given.stepSize !== undefined || given.noiseScale !== undefined) {
      throw new TypeError(`Cannot ${action}: give either alpha or stepSize and noiseScale but found both`);
    }
    checkPositive(action, "alpha", given.alpha);
    return { stepSize: given.alpha / 2, noiseScale: Math.sqrt(given.alpha) };
  }
  if (given.stepSize === undefined || given.noiseScale === undefined) {
    throw new TypeError(`Cannot ${action}: give alpha, or both stepSize and noiseScale`);
  }
  checkPositive(action, "stepSize", given.stepSize);
  checkNotNegative(action, "noiseScale", given.noiseScale);
  return { stepSize: given.stepSize, noiseScale: given.noiseScale };
}
