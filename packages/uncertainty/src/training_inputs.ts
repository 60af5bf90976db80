import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * The inputs that a network was trained on: all of them, `[n, ...input]`, borrowed for as long as they are used; or a function that
 * makes a batch of `batchSize` different ones, augmented as in training, whose result is disposed after use.
 */
export type TrainingInputs = Tensor | ((key: Key, batchSize: number) => Tensor);
