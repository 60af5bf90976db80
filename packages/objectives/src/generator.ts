import type { Tensor, Variable } from "@tensorflow/tfjs-core";

/** A network that makes inputs of a model from codes: `mlpGenerator` of `@jem-js/models` is one. */
export interface Generator {
  /** How many values a code has. */
  readonly latent: number;
  /** The distribution of codes: standard normal, or uniform on [-1, 1). */
  readonly prior: "normal" | "uniform";
  /**
   * The outputs `[batch, ...input]` of codes `z: [batch, latent]`, owned by the caller; differentiable with respect to
   * `variables`. In training, batch normalisation uses the statistics of the batch.
   */
  generate(z: Tensor, options?: { readonly training?: boolean }): Tensor;
  /** What is trained. */
  readonly variables: readonly Variable[];
  /** The scales of its batch normalisation, if it has any; among `variables`. */
  readonly scales: readonly Variable[];
}
