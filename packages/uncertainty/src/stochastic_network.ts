import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Options of `StochasticNetwork.sample`. */
export interface SampleOptions {
  /** The key of the draws. */
  readonly key: Key;
  /** How many networks are drawn. */
  readonly samples: number;
  /** The place of the first example among all that are predicted, for noise of its own for each. @default {0} */
  readonly offset?: number;
}

/**
 * A network whose outputs are random: what {@linkcode predict} predicts with. Draw `t` depends on the key and on `t` alone, so that
 * fewer samples are the first of more.
 */
export interface StochasticNetwork {
  /** The name of the method. */
  readonly method: string;
  /** How many different draws there are at most. */
  readonly maxSamples: number;
  /**
   * The outputs of the networks that are drawn: `x` is `[batch, ...input]`, borrowed; the result, `[samples, batch, ...output]`, is
   * the caller's.
   */
  sample(x: Tensor, options: SampleOptions): Tensor;
  /** Frees what is kept between calls; the models that it was made from stay. */
  dispose(): void;
}
