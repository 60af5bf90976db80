import { clone, fill, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkTensor } from "./_check.ts";
import { sampleMoments } from "./_sample_moments.ts";
import type { GaussianPrediction } from "./prediction.ts";

/** Options of {@linkcode gaussianSamples}. */
export interface GaussianSamplesOptions {
  /** The precision `tau` of the noise of observations, above 0: its variance is `1 / tau`. @default {Infinity} */
  readonly precision?: number;
}

/**
 * The Gaussian prediction of samples of a network's outputs: their mean, their population variance as what is epistemic, and
 * `1 / tau` as what is aleatoric.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { gaussianSamples } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const prediction = gaussianSamples(tf.tensor3d([[[1]], [[3]]]), { precision: 4 }); // two samples of one output
 * expect([...(await prediction.mean.data())]).toEqual([2]);
 * expect([...(await prediction.epistemicVariance.data())]).toEqual([1]);
 * expect([...(await prediction.aleatoricVariance.data())]).toEqual([0.25]);
 * tf.dispose(prediction);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.06455 | Teye et al., Bayesian uncertainty estimation for batch normalized deep networks, §3.4}
 *
 * @param samples The outputs, float32 `[samples, ..., outputs]`.
 * @param options The precision.
 * @returns The prediction, of tensors `[..., outputs]` and a clone of the samples, owned by the caller.
 * @throws {TypeError} When `samples` is not such a tensor.
 * @throws {RangeError} When it is empty or `precision` is not above 0.
 */
export function gaussianSamples(samples: Tensor, options: GaussianSamplesOptions = {}): GaussianPrediction {
  const { precision = Number.POSITIVE_INFINITY } = options;
  const action = "make a Gaussian prediction";
  checkTensor(action, "samples", samples, 2);
  if (!(precision > 0))
    throw new RangeError(`Cannot ${action}: precision must be greater than 0 but found ${precision}`);
  return tidy(() => {
    const { mean, variance } = sampleMoments(samples);
    return {
      kind: "gaussian",
      mean,
      epistemicVariance: variance,
      aleatoricVariance: fill(mean.shape, 1 / precision),
      samples: clone(samples),
    };
  });
}
