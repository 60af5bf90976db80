import type { Key } from "@jem-js/random";
import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";

/** What a layer draws by. */
export interface LayerDraw {
  /** The key of the draw. */
  readonly key: Key;
  /** The place of the first input among all, for noise of its own for each. @default {0} */
  readonly offset?: number;
}

/** A layer whose weights are random, with a distribution that is learned: see `mnfDense` and `mnfConv2d`. */
export interface MnfLayer {
  /** What is trained. */
  readonly variables: readonly Variable[];
  /** The outputs of inputs `[batch, ...]`, each input with weights of its own; the caller's. */
  apply(x: Tensor, draw: LayerDraw): Tensor;
  /** An unbiased estimate of a bound of the divergence of the weights' distribution from the prior, a scalar; the caller's. */
  divergence(key: Key): Scalar;
  /** Frees the variables. */
  dispose(): void;
}

/** Options of the distribution of a layer's weights. */
export interface MnfPosteriorOptions {
  /**
   * How many steps the flow of the multipliers has. 0 leaves the multipliers out: the weights are independent Gaussians, which is
   * mean-field variational inference. @default {2}
   */
  readonly flows?: number;
  /**
   * The kind of the steps of both flows: masked RealNVP, or planar, which is cheaper and less flexible. One multiplier has planar steps
   * always. @default {"realNvp"}
   */
  readonly flow?: "realNvp" | "planar";
  /** How many hidden units a step of the flow has. @default {50} */
  readonly hidden?: number;
  /** How many steps the flow of the auxiliary posterior has, at least 1. @default {2} */
  readonly auxiliaryFlows?: number;
  /** How many hidden units such a step has. @default {100} */
  readonly auxiliaryHidden?: number;
  /** The variance of the normal prior of each weight, above 0. @default {1} */
  readonly priorVariance?: number;
  /** The largest standard deviation that a weight can have, above 0. @default {0.5} */
  readonly maxStd?: number;
  /** The logarithm of the standard deviation of a weight at first. @default {-9} */
  readonly initialLogStd?: number;
}
