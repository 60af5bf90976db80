import { type Key, normal } from "@jem-js/random";
import { add, exp, mul, type Tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * Draws from Gaussians with a mean and a variance for each element: `mean + exp(logVariance / 2) noise`.
 *
 * To train a network with layerwise uncertainty: let a layer give a mean and a log-variance for each channel, go on with a draw
 * while training by cross-entropy, and with the mean afterwards; the log-variances are features for `ufel`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { reparameterize } from "@jem-js/ood";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const draw = reparameterize(tf.zeros([2, 3]), tf.zeros([2, 3]), { key: key(0) });
 * expect(draw.shape).toEqual([2, 3]);
 * ```
 *
 * @param mean The means, any shape; borrowed.
 * @param logVariance The logarithms of the variances, shape of `mean`; borrowed.
 * @param options The key of the noise.
 * @returns A draw, shape of `mean`, differentiable in both; owned by the caller.
 * @throws {TypeError} When the shapes differ, or `key` is no key.
 */
export function reparameterize<T extends Tensor>(mean: T, logVariance: T, options: ReparameterizeOptions): T {
  if (mean.shape.join() !== logVariance.shape.join()) {
    throw new TypeError(
      `Cannot reparameterize: logVariance must be [${mean.shape.join(", ")}] but found [${logVariance.shape.join(", ")}]`,
    );
  }
  return tidy(() => add(mean, mul(exp(mul(logVariance, 0.5)), normal(options.key, mean.shape)))) as T;
}

/** Options of {@linkcode reparameterize}. */
export interface ReparameterizeOptions {
  /** The key of the noise. */
  readonly key: Key;
}
