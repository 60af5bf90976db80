import { type Key, split } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { runOnce } from "./_run_once.ts";
import type { Chain, NegativeSampler } from "./negative_sampler.ts";

/** Where persistent chains are kept between steps: a `replayBuffer` of `@jem-js/samplers` is one. */
export interface ChainStore<Drawn extends { readonly x: Tensor }> {
  /**
   * Draws the starts `x` of `batch` chains, `[batch, ...input]`, owned by the caller; of these classes when labels are
   * given.
   */
  draw(key: Key, batch: number, options?: { readonly labels?: ArrayLike<number> }): Drawn;
  /** Stores where the drawn chains ended; `x` is borrowed. */
  write(drawn: NoInfer<Drawn>, x: Tensor): Promise<void>;
}

/**
 * Negatives from chains that go on where earlier ones ended: persistent contrastive divergence.
 *
 * Use it to learn a density, and for JEM. The chains run on over the whole of training, so that few steps each time are
 * near equilibrium as long as the model changes slowly. The store decides how many chains there are and how often one
 * starts anew: JEM's keeps 10,000 and restarts 5 %; the original algorithm restarts none.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { persistentNegatives } from "@jem-js/objectives";
 * import { key } from "@jem-js/random";
 * import { replayBuffer } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const buffer = replayBuffer({ key: key(0), size: 100, shape: [2], reinitProbability: 0 });
 * const chain = (_: unknown, x: tf.Tensor) => tf.add(x, 10); // or run() of a kernel
 * const sample = persistentNegatives(chain, buffer);
 * let negatives = tf.zeros([0]);
 * for (let i = 0; i < 20; i++) negatives = await sample(key(i), tf.zeros([50, 2]));
 * expect(Math.max(...(await negatives.data()))).toBeGreaterThan(50); // the chains went on
 * ```
 *
 * @see {@link https://www.cs.toronto.edu/~tijmen/pcd/pcd.pdf | Tieleman, Training restricted Boltzmann machines using approximations to the likelihood gradient}
 *
 * @param chain The steps of one iteration.
 * @param store The chains, borrowed.
 * @returns The sampler, `[batch, ...input]` to as many negatives.
 * @throws What `store.write` throws, from the sampler: a replay buffer refuses chains that are not finite.
 */
export function persistentNegatives<Drawn extends { readonly x: Tensor }>(
  chain: Chain,
  store: ChainStore<Drawn>,
): NegativeSampler {
  return async (key, x, labels) => {
    const [drawKey, chainKey] = split(key) as [Key, Key];
    const drawn = store.draw(drawKey, x.shape[0]!, labels && { labels });
    const negatives = runOnce(chain, chainKey, drawn.x, labels);
    try {
      await store.write(drawn, negatives);
    } catch (error) {
      negatives.dispose();
      throw error;
    }
    return negatives;
  };
}
