import type { Scalar, Tensor, Tensor2D } from "@tensorflow/tfjs-core";

/** What a loss needs of a network: `logits(x)`, `[batch, classes]`, differentiable in its variables. An energy head is one. */
export interface LogitsModel {
  /** The logits `[batch, classes]` of inputs `[batch, ...input]`. */
  logits(x: Tensor): Tensor2D;
}

/** What a prior network learns from. */
export interface PriorNetworkBatch {
  /** Inputs of the distribution, `[batch, ...input]`. */
  readonly x: Tensor;
  /** Their class indices, int32 `[batch]` or an array. */
  readonly labels: Tensor | ArrayLike<number>;
  /** Inputs that are not of the distribution, real or generated, `[outside, ...input]`. */
  readonly outOfDistribution: Tensor;
}

/** The loss of a prior network and its two parts, scalars owned by the caller. */
export interface PriorNetworkTerms {
  /** The loss. */
  readonly loss: Scalar;
  /** What inputs of the distribution contribute, before it is weighted. */
  readonly inDistribution: Scalar;
  /** What inputs out of distribution contribute, before it is weighted. */
  readonly outOfDistribution: Scalar;
  /** Loops that report terms take them by name. */
  readonly [term: string]: Scalar;
}
