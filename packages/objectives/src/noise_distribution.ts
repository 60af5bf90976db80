import type { Key } from "@jem-js/random";
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";

/**
 * A distribution that can be sampled and whose normalised density is known, as noise-contrastive estimation needs it:
 * {@linkcode gaussianNoise} is one, and so is a trained flow.
 */
export interface NoiseDistribution {
  /** `count` independent samples, `[count, ...input]`, owned by the caller. Equal keys give equal samples. */
  sample(key: Key, count: number): Tensor;
  /** The normalised log-density in nats, `[batch, ...input]` to `[batch]`, owned by the caller. */
  logDensity(x: Tensor): Tensor1D;
}
