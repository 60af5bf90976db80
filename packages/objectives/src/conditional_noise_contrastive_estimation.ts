import { type Key, normal } from "@jem-js/random";
import {
  add,
  cast,
  expandDims,
  greater,
  mean,
  mul,
  neg,
  reshape,
  type Scalar,
  softplus,
  sub,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkCount, checkNotEmpty, checkPositive } from "./_check.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { DataBatch, DensityModel } from "./model.ts";

/** Options of {@linkcode conditionalNoiseContrastiveEstimation}. */
export interface ConditionalNoiseOptions {
  /** The key of the noise. */
  readonly key: Key;
  /** The standard deviation `epsilon` of the noise, in units of the data. Greater than 0. There is no good default. */
  readonly noiseScale: number;
  /** How many noisy points each example is told from. A positive integer. @default {1} */
  readonly noiseRatio?: number;
}

/** The loss of {@linkcode conditionalNoiseContrastiveEstimation} and its parts. */
export interface ConditionalNoiseTerms extends LossTerms {
  /** The mean of `log(1 + exp(log p(x + epsilon xi) - log p(x)))`. */
  readonly loss: Scalar;
  /** The fraction of the pairs of which the example is the likelier one. */
  readonly accuracy: Scalar;
}

/**
 * Conditional noise-contrastive estimation: tells each example from itself with Gaussian noise. The noise is near the data
 * by construction, its density cancels for it is symmetric, and so does the normaliser.
 *
 * `loss = mean log(1 + exp(-G))` with `G = log p(x) - log p(x + epsilon xi)`; the paper's is twice that. For small
 * `epsilon` it is `log 2 + epsilon^2 / 4` times the loss of {@linkcode scoreMatching}.
 *
 * Use it in place of {@linkcode noiseContrastiveEstimation} where no noise is near the data and `log Z` is not needed. An
 * accuracy near 1 is the sign of noise that is too large, one near 1/2 of noise that is too small or of a model that
 * is flat there.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { conditionalNoiseContrastiveEstimation } from "@jem-js/objectives";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const flat = { logDensity: (x: tf.Tensor) => tf.mul(tf.sum(x, 1), 0) as tf.Tensor1D };
 * const batch = { x: normal(key(0), [8, 2]) };
 * const { loss } = conditionalNoiseContrastiveEstimation(flat, batch, { key: key(1), noiseScale: 0.1 });
 * expect((await loss.data())[0]).toBeCloseTo(Math.log(2), 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1806.03664 | Ceylan and Gutmann, Conditional noise-contrastive estimation of unnormalised models}
 *
 * @param model The unnormalised density, `[batch, ...input]` to `[batch]`.
 * @param batch Data, `x: [batch, ...input]`, borrowed.
 * @param options The key and the noise.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When the batch is empty.
 * @throws {RangeError} When `noiseScale` is not above 0 or `noiseRatio` is not a positive integer.
 */
export function conditionalNoiseContrastiveEstimation(
  model: DensityModel,
  batch: DataBatch,
  options: ConditionalNoiseOptions,
): ConditionalNoiseTerms {
  const { x } = batch;
  const { key, noiseScale, noiseRatio = 1 } = options;
  const [size, ...input] = x.shape as [number, ...number[]];
  checkNotEmpty("x", size);
  checkPositive("noiseScale", noiseScale);
  checkCount("noiseRatio", noiseRatio);
  return tidy(() => {
    const noise = mul(normal(key, [size, noiseRatio, ...input]), noiseScale);
    const noisy: Tensor = reshape(add(expandDims(x, 1), noise), [size * noiseRatio, ...input]);
    const density = expandDims(model.logDensity(x), 1);
    const logOdds: Tensor = sub(density, reshape(model.logDensity(noisy), [size, noiseRatio]));
    return { loss: mean(softplus(neg(logOdds))), accuracy: mean(cast(greater(logOdds, 0), "float32")) };
  });
}
