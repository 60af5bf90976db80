import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * What became of an example: `"success"`; `"failed"`; `"alreadyAdversarial"`, it met the criterion before anything was done to it and was not
 * attacked; `"noStart"`, there was no adversarial point to start from; `"aborted"`, the signal came first.
 */
export type AttackStatus = "success" | "failed" | "alreadyAdversarial" | "noStart" | "aborted";

/** What an attack found for each example, in the order of the examples. The tensors belong to the caller. */
export interface AttackResult<T extends Tensor = Tensor> {
  /** What the attack came up with, shape of `x`: its closest adversarial input, or where it failed its best try. */
  readonly raw: T;
  /** `raw` brought into the ball, if there is one, and into the bounds: what the rest of the result is about. Shape of `x`. */
  readonly clipped: T;
  /** Whether `clipped` meets the criterion, by a forward pass of its own. */
  readonly success: readonly boolean[];
  /** How far `clipped` is from `x`: 0 for examples that were adversarial already, Infinity where the attack failed. */
  readonly distances: Float64Array;
  /** What became of the examples. */
  readonly status: readonly AttackStatus[];
  /** How many forward passes each example went through, those of this frame (two) and those for gradients included. */
  readonly queries: Int32Array;
  /** How many backward passes each example went through. */
  readonly gradients: Int32Array;
}
