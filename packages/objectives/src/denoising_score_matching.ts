import { type Key, normal } from "@jem-js/random";
import { add, div, mul, type Scalar, square, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkNotEmpty, checkPositive } from "./_check.ts";
import { lossOfScore, meanOfSums } from "./_score.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { DataBatch, DensityModel } from "./model.ts";
import type { SecondDerivativeOptions } from "./second_derivative_options.ts";

/** Options of {@linkcode denoisingScoreMatching}. */
export interface DenoisingScoreMatchingOptions extends SecondDerivativeOptions {
  /** The key of the noise. */
  readonly key: Key;
  /** The standard deviation `sigma` of the noise, in units of the data. Greater than 0. @default {0.1} */
  readonly noiseScale?: number;
}

/**
 * Denoising score matching: the score at a noisy example should point back to the example.
 *
 * `loss = 1/2 mean ||s(x + sigma xi) + xi / sigma||^2` with `s = grad_x log p` and `xi ~ N(0, I)`. It learns the
 * density of the data with noise of scale `sigma`: for Gaussian data of variance `s^2` the optimum is the score
 * `-x / (s^2 + sigma^2)`.
 *
 * Use it for images and other high-dimensional data: the cheapest score matching, and the noise fills the space around
 * the data. A small `sigma` makes its gradient noisy as `1 / sigma`; the weights of distant modes it does not see.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { denoisingScoreMatching } from "@jem-js/objectives";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const precision = tf.variable(tf.scalar(1));
 * const model = { logDensity: (x: tf.Tensor) => tf.sum(tf.square(x), 1).mul(precision).mul(-0.5) as tf.Tensor1D };
 * const optimizer = tf.train.adam(0.1);
 * for (let i = 0; i < 50; i++) { // all data at 0: the optimum is 1 / sigma^2
 *   optimizer.minimize(() => denoisingScoreMatching(model, { x: tf.zeros([64, 2]) }, { key: key(i), noiseScale: 0.5 }).loss);
 * }
 * expect((await precision.data())[0]).toBeCloseTo(4, 0);
 * ```
 *
 * @see {@link https://www.iro.umontreal.ca/~vincentp/Publications/smdae_techreport.pdf | Vincent, A connection between score matching and denoising autoencoders}
 *
 * @param model The density, `[batch, ...input]` to `[batch]`.
 * @param batch Data, `x: [batch, ...input]`, borrowed.
 * @param options The key, the noise and how derivatives are computed.
 * @returns The loss, a scalar owned by the caller.
 * @throws {TypeError} When the batch is empty.
 * @throws {RangeError} When `noiseScale` is not above 0, or `method` or `step` is none.
 */
export function denoisingScoreMatching(
  model: DensityModel,
  batch: DataBatch,
  options: DenoisingScoreMatchingOptions,
): LossTerms {
  const { x } = batch;
  const { key, noiseScale = 0.1, ...derivatives } = options;
  checkNotEmpty("x", x.shape[0]);
  checkPositive("noiseScale", noiseScale);
  return tidy(() => {
    const noise = normal(key, x.shape);
    const target = div(noise, -noiseScale);
    const error = (score: Tensor): Scalar => mul(meanOfSums(square(sub(score, target))), 0.5);
    return { loss: lossOfScore(model, add(x, mul(noise, noiseScale)), error, derivatives) };
  });
}
