import { crossEntropy, type LabeledBatch } from "@jem-js/objectives";
import { type CheckableModel, firstBatchCheck } from "./_first_batch.ts";
import { checkInputNoise, withNoise } from "./_noise.ts";
import type { Procedure } from "./procedure.ts";

/** Options of {@linkcode classifierProcedure}. */
export interface ClassifierProcedureOptions {
  /** The standard deviation of the Gaussian noise added to the inputs. JEM's is 0.03. @default {0} */
  readonly inputNoise?: number;
}

/**
 * Plain classifier training, the control of every joint model: the mean cross-entropy of each batch.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { key } from "@jem-js/random";
 * import { classifierProcedure } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const procedure = classifierProcedure(energyHead((x) => x as tf.Tensor2D), { inputNoise: 0.03 });
 * const step = await procedure({ x: tf.zeros([2, 3]), labels: [0, 1] }, { key: key(0), iteration: 0 });
 * expect((await step.loss().loss.data())[0]).toBeCloseTo(Math.log(3), 1);
 * step.dispose();
 * ```
 *
 * @param head The classifier. If it is an energy head, it is validated on the first batch.
 * @param options The input noise.
 * @returns The procedure for batches `{ x: [batch, ...input], labels: [batch] }`.
 * @throws {TypeError} From the procedure, when the first batch is empty.
 * @throws {RangeError} When `inputNoise` is negative or not finite; from the procedure, when the classifier or the labels of the
 * first batch are not fit for use.
 */
export function classifierProcedure(
  head: CheckableModel,
  options: ClassifierProcedureOptions = {},
): Procedure<LabeledBatch> {
  const { inputNoise = 0 } = options;
  checkInputNoise("create classifier procedure", inputNoise);
  const check = firstBatchCheck(head);
  return async ({ x, labels }, { key }) => {
    await check({ x, labels });
    const noisy = withNoise(x, key, inputNoise);
    return { loss: () => ({ loss: crossEntropy(head, { x: noisy, labels }) }), dispose: () => noisy.dispose() };
  };
}
