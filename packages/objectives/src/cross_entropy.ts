import type { Labels } from "@jem-js/energy";
import { type Scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { crossEntropyOfLogits } from "./_loss.ts";
import type { LogitsModel } from "./model.ts";

/** Labelled examples. */
export interface LabeledBatch {
  /** Inputs, `[batch, ...input]`. */
  readonly x: Tensor;
  /** Class indices, int32 `[batch]`. */
  readonly labels: Labels;
}

/**
 * The mean cross-entropy `-log p(y|x) = logsumexp_k f(x)[k] - f(x)[y]`: plain classifier training, and the control that
 * every joint model is compared with.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { crossEntropy } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const loss = crossEntropy(head, { x: tf.tensor2d([[0, 0]]), labels: [1] });
 * expect((await loss.data())[0]).toBeCloseTo(Math.log(2), 5);
 * ```
 *
 * @param head The classifier; differentiable with respect to its variables.
 * @param batch The labelled examples, `x: [batch, ...input]`, borrowed.
 * @returns The loss, a scalar owned by the caller.
 * @throws {TypeError} When the batch is empty or the labels do not fit it.
 * @throws {RangeError} When a label given as an array is outside [0, classes).
 */
export function crossEntropy(head: LogitsModel, batch: LabeledBatch): Scalar {
  return tidy(() => crossEntropyOfLogits(head.logits(batch.x), batch.labels));
}
