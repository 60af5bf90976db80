import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";

/** A function from inputs `[batch, ...input]` to logits `[batch, classes]`. */
export type ClassifierFunction = (x: Tensor) => Tensor2D;

/**
 * A model with a `predict` method: a `tf.LayersModel` or a `tf.GraphModel`, by shape rather than by class, so that this
 * package depends on neither.
 */
export interface ClassifierModel {
  /** Maps inputs `[batch, ...input]` to logits `[batch, classes]`. */
  // biome-ignore lint/suspicious/noExplicitAny: the two model classes disagree on the type of a prediction
  predict(x: Tensor, options?: any): any;
}

/** What an energy head can wrap. */
export type Classifier = ClassifierFunction | ClassifierModel;
