import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";

/** A function from inputs `[batch, ...input]` to logits `[batch, classes]`. */
export type ClassifierFunction = (x: Tensor) => Tensor2D;

/**
 * A `tf.LayersModel` (`apply`) or a `tf.GraphModel` (`predict`), by shape rather than by class, so that this package
 * depends on neither.
 */
export interface ClassifierModel {
  /** A layers model on inputs `[batch, ...input]`. */
  // biome-ignore lint/suspicious/noExplicitAny: must accept both model classes, which share no type
  apply?(x: any, options?: any): any;
  /** A graph model on inputs `[batch, ...input]`. Not used where there is `apply`: it cuts batches into pieces of 32. */
  // biome-ignore lint/suspicious/noExplicitAny: must accept both model classes, which share no type
  predict?(x: any, options?: any): any;
  /** Computes named tensors inside of a model: for logits and features that are not its output. */
  // biome-ignore lint/suspicious/noExplicitAny: must accept both model classes, which share no type
  execute?(x: any, outputs?: any): any;
}

/** What an energy head can wrap. */
export type Classifier = ClassifierFunction | ClassifierModel;
