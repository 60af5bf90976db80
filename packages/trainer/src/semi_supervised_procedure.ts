import { type SemiSupervisedBatch, type SemiSupervisedOptions, semiSupervisedJem } from "@jem-js/objectives";
import { type Key, split } from "@jem-js/random";
import { dispose } from "@tensorflow/tfjs-core";
import { type CheckableModel, firstBatchCheck } from "./_first_batch.ts";
import { negativesOf } from "./_negatives.ts";
import { checkInputNoise, withNoise } from "./_noise.ts";
import type { ChainOptions, SamplerOptions } from "./chain_options.ts";
import type { Procedure } from "./procedure.ts";

/** What of the options of {@linkcode semiSupervisedProcedure} has nothing to do with its negatives. */
export interface SemiSupervisedLossOptions extends SemiSupervisedOptions {
  /** The standard deviation of the Gaussian noise added to the labelled inputs. @default {0.03} */
  readonly inputNoise?: number;
  /** The standard deviation of the noise added to the unlabelled ones; SADA-JEM's is 0. @default {inputNoise} */
  readonly unlabeledNoise?: number;
}

/** Options of {@linkcode semiSupervisedProcedure}: those of the loss, and a kernel and a buffer or a sampler. */
export type SemiSupervisedProcedureOptions = SemiSupervisedLossOptions & (ChainOptions | SamplerOptions);

/** What {@linkcode semiSupervisedProcedure} learns from: two batches, each of a size of its own. */
export type PartlyLabeledBatch = Omit<SemiSupervisedBatch, "negatives">;

/**
 * Joint training with few labels: `log p(x)` learns from all data, `log p(y|x)` from the labelled ones. The chains are those of
 * {@linkcode jemProcedure}, one for each unlabelled example, and so are the terms that it reports; `entropy` is the mean entropy
 * of `p(y|x)` on the unlabelled data.
 *
 * Batches come from `semiSupervisedBatches` of `@jem-js/data`, and the labelled part from its `balancedSubset`. A batch without any
 * labelled example (`x` and `labels` with a length of 0) is sound: it teaches `log p(x)` alone. With a label for each example it
 * is SADA-JEM's training: augment `x`, not `unlabeled`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { key } from "@jem-js/random";
 * import { replayBuffer, sgld } from "@jem-js/samplers";
 * import { semiSupervisedProcedure } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const kernel = sgld(head, { stepSize: 1, noiseScale: 0.01 });
 * const buffer = replayBuffer({ key: key(0), size: 100, shape: [3] });
 * const procedure = semiSupervisedProcedure(head, { kernel, buffer, steps: 2, entropyWeight: 0.1 });
 * const batch = { x: tf.zeros([1, 3]), labels: [2], unlabeled: tf.zeros([8, 3]) };
 * const step = await procedure(batch, { key: key(1), iteration: 0 });
 * expect((await step.loss().entropy!.data())[0]).toBeCloseTo(Math.log(3), 1);
 * step.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM}; its reference code has the option `--labels_per_class`
 *
 * @param head The classifier that is trained; the kernel samples from the same. If it is an energy head, it is validated on
 * the first batch.
 * @param options The chains, the input noise and the weights of the loss.
 * @returns The procedure for batches `{ x: [labeled, ...input], labels: [labeled], unlabeled: [unlabeled, ...input] }`.
 * @throws {TypeError} When neither chains nor a sampler are given, or both; from the procedure, when `unlabeled` is empty.
 * @throws {RangeError} When `steps` is not a positive integer or a noise is negative; from the procedure, when the classifier,
 * or the labels of the first batch that has some, are not fit for use.
 * @throws {DivergenceError} From the procedure, when a chain is no longer finite.
 */
export function semiSupervisedProcedure(
  head: CheckableModel,
  options: SemiSupervisedProcedureOptions,
): Procedure<PartlyLabeledBatch> {
  const { inputNoise = 0.03, unlabeledNoise = inputNoise } = options;
  const { pxWeight = 1, pyxWeight = 1, energyL2 = 0, entropyWeight = 0 } = options;
  const action = "create semi-supervised procedure";
  const sample = negativesOf(action, options);
  checkInputNoise(action, inputNoise);
  checkInputNoise(action, unlabeledNoise, "unlabeledNoise");
  const check = firstBatchCheck(head);
  return async (batch, context) => {
    await check(batch);
    const { labels } = batch;
    const [drawKey, chainKey, noiseKey, unlabeledKey] = split(context.key, 4) as [Key, Key, Key, Key];
    const { x: negatives, terms, ...slots } = await sample([drawKey, chainKey], batch.unlabeled, context);
    const x = withNoise(batch.x, noiseKey, inputNoise);
    const unlabeled = withNoise(batch.unlabeled, unlabeledKey, unlabeledNoise);
    const l2 = Math.max(energyL2, context.adjustments?.energyL2 ?? 0);
    const weights = { pxWeight, pyxWeight, energyL2: l2, entropyWeight };
    return {
      ...slots,
      loss: () => ({
        ...semiSupervisedJem(head, { x, labels, unlabeled, negatives }, weights),
        ...terms,
      }),
      dispose: () => dispose([x, unlabeled, negatives, ...Object.values(terms)]),
    };
  };
}
