import type { Key } from "@jem-js/random";
import type { Scalar } from "@tensorflow/tfjs-core";

/** The loss to be minimised, and whatever else is worth reporting; scalars. */
export interface LossTerms {
  /** The loss. */
  readonly loss: Scalar;
  /** Its parts. */
  readonly [term: string]: Scalar;
}

/** What recoveries from divergence have changed so far; a procedure heeds what concerns it. */
export interface Adjustments {
  /** The factor of the learning rate, which `fit` heeds itself. */
  readonly learningRate: number;
  /** The factor of the number of sampler steps. */
  readonly steps: number;
  /** The least weight of the energy penalty. */
  readonly energyL2: number;
}

/** Where a training step is. */
export interface StepContext {
  /** The key of this iteration. */
  readonly key: Key;
  /** Which iteration, from 0. */
  readonly iteration: number;
  /** What recoveries have changed. @default {nothing} */
  readonly adjustments?: Adjustments;
}

/** One training step, prepared: what was sampled or augmented for it is held until `dispose`. */
export interface PreparedStep {
  /** The slots of the replay buffer that took part: the suspects when this step diverges. @default {none} */
  readonly slots?: ArrayLike<number>;
  /** Computes the loss from the variables, inside the gradient; the same function each time it is called. */
  loss(): LossTerms;
  /** Frees what the preparation made. */
  dispose(): void;
}

/**
 * How a batch becomes a loss: prepares one step (noise, negative samples), outside the gradient. The batch is borrowed.
 */
export type Procedure<Batch> = (batch: Batch, context: StepContext) => PreparedStep | Promise<PreparedStep>;
