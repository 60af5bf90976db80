import type { Chain, NegativeSampler } from "./negative_sampler.ts";

/**
 * Negatives from chains that start at the data: CD-k for chains of k steps.
 *
 * Use it when steps are dear and only the surroundings of the data matter. Short chains never visit modes that lie far
 * from data, which therefore go unpunished; {@linkcode persistentNegatives} find them.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { contrastiveDivergence, dataNegatives } from "@jem-js/objectives";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = { logDensity: (x: tf.Tensor) => tf.neg(tf.sum(tf.square(x), 1)) as tf.Tensor1D };
 * const langevin = (k: ReturnType<typeof key>, x: tf.Tensor) => // or run() of a kernel
 *   tf.tidy(() => tf.add(tf.mul(x, 0.9), tf.mul(normal(k, x.shape), 0.3)));
 * const x = tf.ones([4, 2]);
 * const negatives = await dataNegatives(langevin)(key(0), x);
 * const { loss } = contrastiveDivergence(model, { x, negatives });
 * expect(loss.rank).toBe(0);
 * ```
 *
 * @see {@link https://www.cs.toronto.edu/~hinton/absps/tr00-004.pdf | Hinton, Training products of experts by minimizing contrastive divergence}
 *
 * @param chain The k steps.
 * @returns The sampler, `[batch, ...input]` to as many negatives.
 */
export function dataNegatives(chain: Chain): NegativeSampler {
  return async (key, x, labels) => chain(key, x, labels);
}
