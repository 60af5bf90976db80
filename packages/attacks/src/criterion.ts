import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/** The class that each example is to leave, or to reach: what a loss with respect to a class is computed for. */
export interface Goal {
  /** The class of each example. */
  readonly classes: Int32Array;
  /** Whether the classes are to be reached instead of left. */
  readonly targeted: boolean;
}

/**
 * What counts as adversarial for each example of a batch, by the logits alone. Made by `misclassification`, `targeted`, `topK`, `confident`,
 * `allOf` and `anyOf`; an object of your own will do as well.
 */
export interface Criterion {
  /** How many examples it is for. */
  readonly size: number;
  /** How many classes the classifier must have for it, at least. */
  readonly minClasses: number;
  /** The class to leave or to reach, where that is what it is about: gradient attacks need it for all losses but `"margin"`. */
  readonly goal?: Goal;
  /** Whether the row of logits `[classes]`, which may hold NaN, is adversarial for the example of this index. */
  isAdversarial(logits: ArrayLike<number>, example: number): boolean;
  /**
   * By how much the logits `[batch, classes]` of all examples meet it, `[batch]`: positive where they do, negative where they do
   * not; differentiable. Called inside a `tidy`.
   */
  margins(logits: Tensor2D): Tensor1D;
  /** The criterion of some of the examples, in this order; an example may come more than once. */
  select(examples: readonly number[]): Criterion;
}
