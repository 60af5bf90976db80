import {
  add,
  cast,
  greater,
  mean,
  mul,
  neg,
  type Scalar,
  softplus,
  sub,
  type Tensor,
  type Tensor1D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkNotEmpty } from "./_check.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { DensityModel } from "./model.ts";

/** What {@linkcode noiseContrastiveEstimation} learns from. */
export interface NoiseContrastiveBatch {
  /** Data, `[batch, ...input]`. */
  readonly x: Tensor;
  /** Samples of the noise distribution, `[noise, ...input]`; `noise / batch` is the ratio `nu`. */
  readonly noise: Tensor;
}

/** Options of {@linkcode noiseContrastiveEstimation}. */
export interface NoiseContrastiveOptions {
  /** The normalised log-density of the noise distribution, `[batch, ...input]` to `[batch]`. */
  readonly noiseLogDensity: (x: Tensor) => Tensor1D;
  /**
   * The estimate of `log Z`, a variable to be trained with the model's. Without one the model normalises itself: a free
   * constant in its log-density, such as the bias of its last layer, does it. @default {0}
   */
  readonly logNormalizer?: Scalar | number;
}

/** The loss of {@linkcode noiseContrastiveEstimation} and its parts. */
export interface NoiseContrastiveTerms extends LossTerms {
  /** The cross-entropy of telling data from noise, summed over both: `-mean log h(x) - nu mean log(1 - h(noise))`. */
  readonly loss: Scalar;
  /** The fraction of the data that is told to be data. */
  readonly dataAccuracy: Scalar;
  /** The fraction of the noise that is told to be noise. */
  readonly noiseAccuracy: Scalar;
}

/**
 * Noise-contrastive estimation: the density that best tells data from samples of a known noise distribution. It needs
 * no chains, and learns the normaliser too: `log p(x) - log Z` is a normalised log-density at the optimum.
 *
 * `loss = -mean log h(x) - nu mean log(1 - h(x_n))` with `h = sigmoid(G)`,
 * `G(u) = log p(u) - log Z - log p_n(u) - log nu`, `nu` noise samples for each example.
 *
 * Use it in few dimensions, or where noise near the data is at hand (a flow, a fitted {@linkcode gaussianNoise}), and when a
 * normalised density is wanted. Noise that is told apart at a glance teaches nothing: both accuracies near 1 are the sign;
 * {@linkcode conditionalNoiseContrastiveEstimation} makes its noise from the data.
 *
 * The ratio `nu` is yours: any is consistent, the larger the nearer to maximum likelihood; 1 is the cheapest and that of
 * `presets.noiseContrastiveEstimation`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { gaussianNoise, noiseContrastiveEstimation } from "@jem-js/objectives";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = {
 *   logDensity: (x: tf.Tensor) => tf.sub(tf.mul(tf.sum(tf.square(x), 1), -0.5), Math.log(2 * Math.PI)) as tf.Tensor1D,
 * };
 * const noise = gaussianNoise({ mean: [0, 0], standardDeviation: 1 }); // as the model: nothing is to be told
 * const batch = { x: normal(key(0), [8, 2]), noise: noise.sample(key(1), 16) };
 * const { loss } = noiseContrastiveEstimation(model, batch, { noiseLogDensity: noise.logDensity });
 * expect((await loss.data())[0]).toBeCloseTo(Math.log(3) + 2 * Math.log(1.5), 5); // h = 1 / (1 + nu)
 * ```
 *
 * @see {@link https://www.jmlr.org/papers/v13/gutmann12a.html | Gutmann and Hyvärinen, Noise-contrastive estimation of unnormalized statistical models}
 *
 * @param model The unnormalised density, `[batch, ...input]` to `[batch]`.
 * @param batch Data and noise, borrowed.
 * @param options The noise density and the normaliser.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When a batch is empty.
 */
export function noiseContrastiveEstimation(
  model: DensityModel,
  batch: NoiseContrastiveBatch,
  options: NoiseContrastiveOptions,
): NoiseContrastiveTerms {
  const { x, noise } = batch;
  const { noiseLogDensity, logNormalizer = 0 } = options;
  checkNotEmpty("x", x.shape[0]);
  checkNotEmpty("noise", noise.shape[0]);
  const ratio = noise.shape[0]! / x.shape[0]!;
  return tidy(() => {
    const logOdds = (u: Tensor): Tensor1D =>
      sub(sub(sub(model.logDensity(u), logNormalizer), noiseLogDensity(u)), Math.log(ratio));
    const ofData = logOdds(x);
    const ofNoise = logOdds(noise);
    return {
      loss: add(mean(softplus(neg(ofData))), mul(mean(softplus(ofNoise)), ratio)),
      dataAccuracy: mean(cast(greater(ofData, 0), "float32")),
      noiseAccuracy: mean(cast(greater(0, ofNoise), "float32")),
    };
  });
}
