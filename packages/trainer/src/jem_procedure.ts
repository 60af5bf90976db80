import { gradientPenalty, type JemOptions, jemTerms, type LabeledBatch } from "@jem-js/objectives";
import { type Key, split } from "@jem-js/random";
import { add, dispose, logSumExp, mul, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { type CheckableModel, firstBatchCheck } from "./_first_batch.ts";
import { negativesOf } from "./_negatives.ts";
import { checkInputNoise, withNoise } from "./_noise.ts";
import type { ChainOptions, SamplerOptions } from "./chain_options.ts";
import type { LossTerms, Procedure } from "./procedure.ts";

/** What of the options of {@linkcode jemProcedure} has nothing to do with its negatives. */
export interface JemLossOptions extends JemOptions {
  /** The standard deviation of the Gaussian noise added to the inputs. @default {0.03} */
  readonly inputNoise?: number;
  /** The weight of `gradientPenalty` at the noisy inputs; VERA's is 0.1. At least 0. @default {0} */
  readonly penaltyWeight?: number;
}

/** Options of {@linkcode jemProcedure}: those of the loss, and a kernel and a buffer or a sampler. */
export type JemProcedureOptions = JemLossOptions & (ChainOptions | SamplerOptions);

/**
 * Joint training as in JEM: draw chains from the replay buffer, run them, write them back, then minimise the factored
 * loss of the data and these negatives. There are as many negatives as examples. A `sampler`, such as `amortizedNegatives` of
 * `@jem-js/objectives`, takes the place of buffer and chains. Beside the terms of the loss it reports
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
 * @throws {TypeError} When neither chains nor a sampler are given, or both; from the procedure, when the first batch is empty.
 * @throws {RangeError} When `steps` is not a positive integer or `inputNoise` is negative; from the procedure, when the
 * classifier or the labels of the first batch are not fit for use.
 * @throws {DivergenceError} From the procedure, when a chain is no longer finite.
 */
export function jemProcedure(head: CheckableModel, options: JemProcedureOptions): Procedure<LabeledBatch> {
  const { inputNoise = 0.03, penaltyWeight = 0, pxWeight = 1, pyxWeight = 1, energyL2 = 0 } = options;
  const action = "create JEM procedure";
  const sample = negativesOf(action, options);
  checkInputNoise(action, inputNoise);
  checkInputNoise(action, penaltyWeight, "penaltyWeight");
  const check = firstBatchCheck(head);
  return async ({ x, labels }, context) => {
    await check({ x, labels });
    const [drawKey, chainKey, noiseKey] = split(context.key, 3) as [Key, Key, Key];
    const { x: negatives, terms, ...slots } = await sample([drawKey, chainKey], x, context);
    const noisy = withNoise(x, noiseKey, inputNoise);
    const weights = { pxWeight, pyxWeight, energyL2: Math.max(energyL2, context.adjustments?.energyL2 ?? 0) };
    const loss = (): LossTerms => {
      const jem = jemTerms(head, { x: noisy, labels, negatives }, weights);
      if (penaltyWeight === 0) return { ...jem, ...terms };
      const density = { logDensity: (input: Tensor) => logSumExp(head.logits(input), 1) as Tensor1D };
      const penalty = gradientPenalty(density, { x: noisy });
      return { ...jem, loss: add(jem.loss, mul(penalty, penaltyWeight)), penalty, ...terms };
    };
    return { ...slots, loss, dispose: () => dispose([noisy, negatives, ...Object.values(terms)]) };
  };
}
