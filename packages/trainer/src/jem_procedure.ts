import { type JemOptions, jemTerms, type LabeledBatch } from "@jem-js/objectives";
import { type Key, split } from "@jem-js/random";
import { dispose } from "@tensorflow/tfjs-core";
import { type CheckableModel, firstBatchCheck } from "./_first_batch.ts";
import { persistentChains } from "./_negatives.ts";
import { checkInputNoise, withNoise } from "./_noise.ts";
import type { ChainOptions } from "./chain_options.ts";
import type { Procedure } from "./procedure.ts";

/** Options of {@linkcode jemProcedure}. */
export interface JemProcedureOptions extends JemOptions, ChainOptions {
  /** The standard deviation of the Gaussian noise added to the inputs. @default {0.03} */
  readonly inputNoise?: number;
}

/**
 * Joint training as in JEM: draw chains from the replay buffer, run them, write them back, then minimise the factored
 * loss of the data and these negatives. There are as many negatives as examples. Beside the terms of the loss it reports
 * `sampleMagnitude`, the largest `|x|` of the negatives, and `chainDistance`, the root mean square of what an element of a
 * chain moved.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { key } from "@jem-js/random";
 * import { replayBuffer, sgld } from "@jem-js/samplers";
 * import { jemProcedure } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const kernel = sgld(head, { stepSize: 1, noiseScale: 0.01 });
 * const buffer = replayBuffer({ key: key(0), size: 100, shape: [3] });
 * const procedure = jemProcedure(head, { kernel, buffer, steps: 2, energyL2: 0.1 });
 * const step = await procedure({ x: tf.zeros([2, 3]), labels: [0, 1] }, { key: key(1), iteration: 0 });
 * expect(Object.keys(step.loss())).toContain("energyGap");
 * step.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM, algorithm 1}
 *
 * @param head The classifier that is trained; the kernel samples from the same. If it is an energy head, it is validated on
 * the first batch.
 * @param options The chains, the input noise and the weights of the loss.
 * @returns The procedure for batches `{ x: [batch, ...input], labels: [batch] }`.
 * @throws {TypeError} From the procedure, when the first batch is empty.
 * @throws {RangeError} When `steps` is not a positive integer or `inputNoise` is negative; from the procedure, when the
 * classifier or the labels of the first batch are not fit for use.
 * @throws {DivergenceError} From the procedure, when a chain is no longer finite.
 */
export function jemProcedure(head: CheckableModel, options: JemProcedureOptions): Procedure<LabeledBatch> {
  const { kernel, buffer, steps = 20, inputNoise = 0.03, ...weights } = options;
  const action = "create JEM procedure";
  const sample = persistentChains(action, { kernel, buffer, steps });
  checkInputNoise(action, inputNoise);
  const check = firstBatchCheck(head);
  return async ({ x, labels }, context) => {
    await check({ x, labels });
    const [drawKey, chainKey, noiseKey] = split(context.key, 3) as [Key, Key, Key];
    const { x: negatives, terms, slots } = await sample([drawKey, chainKey], x.shape[0]!, context);
    const noisy = withNoise(x, noiseKey, inputNoise);
    const energyL2 = Math.max(weights.energyL2 ?? 0, context.adjustments?.energyL2 ?? 0);
    return {
      slots,
      loss: () => ({ ...jemTerms(head, { x: noisy, labels, negatives }, { ...weights, energyL2 }), ...terms }),
      dispose: () => dispose([noisy, negatives, ...Object.values(terms)]),
    };
  };
}
