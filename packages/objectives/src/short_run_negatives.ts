import { type Key, split, uniform } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { runOnce } from "./_run_once.ts";
import type { Chain, NegativeSampler } from "./negative_sampler.ts";

/** Options of {@linkcode shortRunNegatives}. */
export interface ShortRunOptions {
  /** Makes the starts, a tensor of shape `shape` that the sampler disposes. @default {uniform on [-1, 1)} */
  readonly initializer?: (key: Key, shape: readonly number[]) => Tensor;
}

/**
 * Negatives from chains that start at noise each time and make the same few steps: short-run training.
 *
 * Use it to get a generator: the chain itself, run from the same noise for the same number of steps, is what is
 * learned. The density is not: longer chains leave the data again.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { shortRunNegatives } from "@jem-js/objectives";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const chain = (_: unknown, x: tf.Tensor) => tf.mul(x, 0.5); // or run() of a kernel
 * const sample = shortRunNegatives(chain, { initializer: (k, shape) => normal(k, [...shape]) });
 * const negatives = await sample(key(0), tf.zeros([8, 2]));
 * expect(negatives.shape).toEqual([8, 2]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1904.09770 | Nijkamp et al., Learning non-convergent non-persistent short-run MCMC toward energy-based model}
 *
 * @param chain The steps of one iteration.
 * @param options Where the chains start.
 * @returns The sampler, `[batch, ...input]` to as many negatives.
 */
export function shortRunNegatives(chain: Chain, options: ShortRunOptions = {}): NegativeSampler {
  const { initializer = uniformNoise } = options;
  return async (key, x, labels) => {
    const [startKey, chainKey] = split(key) as [Key, Key];
    return runOnce(chain, chainKey, initializer(startKey, x.shape), labels);
  };
}

function uniformNoise(key: Key, shape: readonly number[]): Tensor {
  return uniform(key, [...shape], { min: -1, max: 1 });
}
