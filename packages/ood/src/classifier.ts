import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";

/** What a classifier that is a function may return: logits `[batch, classes]` beside features `[batch, ...]` by name. */
export interface Outputs {
  /** The logits, `[batch, classes]`. */
  readonly logits: Tensor2D;
  /** Features by name, `[batch, size]` or, of images, `[batch, height, width, channels]`. */
  readonly features: Readonly<Record<string, Tensor>>;
}

/** A function from inputs `[batch, ...input]` to logits `[batch, classes]`, or to logits and features. */
export type ClassifierFunction = (x: Tensor) => Tensor2D | Outputs;

/** An object with a method `logits`, such as an energy head, and features if it has them. */
export interface LogitsModel {
  /** Maps inputs `[batch, ...input]` to logits `[batch, classes]`. */
  logits(x: Tensor): Tensor2D;
  /** Maps inputs `[batch, ...input]` to features `[batch, ...]`, which detectors call `"penultimate"`. */
  features?(x: Tensor): Tensor;
}

/** A `tf.LayersModel` or a `tf.GraphModel`, by shape: both compute named outputs by `execute`. */
export interface ExecutableModel {
  /** Computes named tensors of the model for inputs `[batch, ...input]`. */
  // biome-ignore lint/suspicious/noExplicitAny: the two model classes disagree on the type of inputs
  execute(x: any, outputs: any): Tensor | Tensor[];
}

/** What detectors can be fitted on. It must return logits, be deterministic, and not depend on the rest of a batch. */
export type Classifier = ClassifierFunction | LogitsModel | ExecutableModel;
