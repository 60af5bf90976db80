import type { Key } from "@jem-js/random";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/** Points of a toy density and the classes that they come from, owned by whoever receives them. */
export interface ToySample {
  /** The points, float32 `[count, dimensions]`. */
  readonly x: Tensor2D;
  /** The class index of each point, int32 `[count]`. */
  readonly labels: Tensor1D;
}

/**
 * A density whose truth is known: what a model of it has learned can be measured, not only looked at.
 *
 * The joint density of points and classes, `log p(x, y)`, is also the best classifier: its rows are logits whose softmax is
 * `p(y | x)` and whose log-sum-exp is `log p(x)`.
 */
export interface ToyDensity {
  /** How many coordinates a point has. */
  readonly dimensions: number;
  /** How many classes there are, at least 1. */
  readonly classes: number;
  /** `log p(x)`, normalised, `[batch]` for points `[batch, dimensions]`; owned by the caller. */
  logDensity(x: Tensor2D): Tensor1D;
  /** `log p(x, y)` for every class, normalised, `[batch, classes]` for points `[batch, dimensions]`; owned by the caller. */
  logJoint(x: Tensor2D): Tensor2D;
  /** Draws independent points, exactly. */
  sample(key: Key, count: number): ToySample;
}

/** A toy density with a gradient. */
export interface SmoothToyDensity extends ToyDensity {
  /** The gradient of `log p(x)` with respect to `x`, in closed form, of the shape of `x`; owned by the caller. */
  score(x: Tensor2D): Tensor2D;
}
