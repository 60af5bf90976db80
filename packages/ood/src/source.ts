import type { Tensor } from "@tensorflow/tfjs-core";

/** Inputs and, where they are needed, their classes. */
export interface Batch {
  /** The inputs, float32 `[batch, ...input]`. */
  readonly x: Tensor;
  /** The class indices, `[batch]`: an int32 tensor or an array. @default {none} */
  readonly labels?: Tensor | ArrayLike<number>;
}

/**
 * Examples to fit on or to score: a batch, an array of batches, or a function that starts a new pass over them each time
 * that it is called, such as `() => batches(dataset, { key, batchSize: 100, epochs: 1, dropRemainder: false })`.
 *
 * A batch and an array are borrowed. The batches that a pass yields are taken over: their tensors are disposed.
 */
export type Source = Batch | readonly Batch[] | (() => Iterable<Batch> | AsyncIterable<Batch>);
