import type { Key } from "@jem-js/random";
import type { Tensor, Tensor1D, Tensor2D, Variable } from "@tensorflow/tfjs-core";

/** Class indices, one an example: an int32 tensor `[batch]` or an array. */
export type FlowLabels = Tensor | ArrayLike<number>;

/** Where a flow takes inputs, and by how much it stretches space on the way. */
export interface FlowOutput {
  /** The codes, of the shape of the inputs. */
  readonly z: Tensor;
  /** `log |det dz / dx|`, `[batch]`. */
  readonly logDeterminant: Tensor1D;
}

/**
 * A normalising flow: a density that is known exactly, for it is a standard normal one seen through an invertible network. It has what
 * a density of the other packages has, and is noise for `noiseContrastiveEstimation` of `@jem-js/objectives` and a base for
 * `geometricPath` of `@jem-js/samplers`.
 *
 * A flow with classes has the densities `log p(x | y)` and, all classes being equally likely, `log p(x)`; its `logits` make an
 * energy head of it.
 */
export interface Flow {
  /** How many classes it is conditional on; 1 when it is not. */
  readonly classes: number;
  /** From inputs `[batch, ...inputShape]` to codes. Labels are needed where there are classes. */
  forward(x: Tensor, labels?: FlowLabels): FlowOutput;
  /** From codes to inputs: undoes `forward` with the same labels. */
  inverse(z: Tensor, labels?: FlowLabels): Tensor;
  /** `log p(x)`, or `log p(x | y)` with labels, normalised, in nats; `[batch]`. */
  logDensity(x: Tensor, labels?: FlowLabels): Tensor1D;
  /** Its gradient with respect to `x`. */
  score(x: Tensor, labels?: FlowLabels): Tensor;
  /** `log p(x | y) - log classes` of each class, `[batch, classes]`: their `logsumexp` is `log p(x)`. */
  logits(x: Tensor): Tensor2D;
  /** `count` samples; of these classes when labels are given, else of classes in turn. */
  sample(key: Key, count: number, labels?: FlowLabels): Tensor;
  /** What is trained. */
  readonly variables: readonly Variable[];
  /** Frees the variables. */
  dispose(): void;
}
