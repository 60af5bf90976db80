import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";

/** A function from inputs `[batch, ...input]` to logits `[batch, classes]` that is differentiable in its input. */
export type ClassifierFunction = (x: Tensor) => Tensor2D;

/** An object with a method `logits`, such as an energy head or an attack model. */
export interface LogitsModel {
  /** Maps inputs `[batch, ...input]` to logits `[batch, classes]`. */
  logits(x: Tensor): Tensor2D;
  /** The smallest and the largest value of an input. @default {[0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
}

/** An object with a method `predict` that returns logits: a `tf.LayersModel` or a `tf.GraphModel`, by shape. */
export interface PredictModel {
  /** Maps inputs `[batch, ...input]` to logits `[batch, classes]`. */
  // biome-ignore lint/suspicious/noExplicitAny: the two model classes disagree on the type of a prediction
  predict(x: Tensor, options?: any): any;
}

/**
 * What can be attacked. It must return logits, not probabilities, and be deterministic. Preprocessing belongs to it: `x`,
 * `epsilon` and `bounds` are in the units of its input. `attackModel` adds both to a classifier.
 */
export type Classifier = ClassifierFunction | LogitsModel | PredictModel;
