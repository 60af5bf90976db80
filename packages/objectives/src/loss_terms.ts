import type { Scalar } from "@tensorflow/tfjs-core";

/** What every objective returns: the loss to be minimised and its named parts, scalars owned by the caller. */
export interface LossTerms {
  /** The loss. */
  readonly loss: Scalar;
  /** Its parts, and whatever else is worth reporting. */
  readonly [term: string]: Scalar;
}
