import { type ContrastiveOptions, contrastiveDivergence, type DataBatch, type DensityModel } from "@jem-js/objectives";
import { type Key, split } from "@jem-js/random";
import { dispose } from "@tensorflow/tfjs-core";
import { negativesOf } from "./_negatives.ts";
import { checkInputNoise, withNoise } from "./_noise.ts";
import type { ChainOptions, SamplerOptions } from "./chain_options.ts";
import type { Procedure } from "./procedure.ts";

/** What of the options of {@linkcode contrastiveProcedure} has nothing to do with its negatives. */
export interface ContrastiveLossOptions extends ContrastiveOptions {
  /** The standard deviation of the Gaussian noise added to the inputs. At least 0. @default {0} */
  readonly inputNoise?: number;
}

/** Options of {@linkcode contrastiveProcedure}: those of the loss, and a kernel and a buffer or a sampler. */
export type ContrastiveProcedureOptions = ContrastiveLossOptions & (ChainOptions | SamplerOptions);

/**
 * Training of a density without labels: contrastive divergence of data and negatives, which come from persistent chains or from any
 * sampler. With `generatorNegatives` of `@jem-js/objectives` it is the deep directed generative model, the steps of energy and
 * generator by turns.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { shortRunNegatives } from "@jem-js/objectives";
 * import { key } from "@jem-js/random";
 * import { run, sgld } from "@jem-js/samplers";
 * import { contrastiveProcedure } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const model = {
 *   logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5) as tf.Tensor1D,
 *   score: (x: tf.Tensor) => tf.neg(x),
 * };
 * const kernel = sgld(model, { eta: 0.1 });
 * const sampler = shortRunNegatives((k, start) => run(kernel, start, { key: k, steps: 5 }).x);
 * const step = await contrastiveProcedure(model, { sampler })({ x: tf.ones([4, 2]) }, { key: key(0), iteration: 0 });
 * expect(Object.keys(step.loss())).toEqual(["loss", "contrast", "energyGap", "sampleMagnitude"]);
 * step.dispose();
 * ```
 *
 * @param model The density that is trained; the negatives sample the same.
 * @param options The negatives, the input noise and the form of the loss.
 * @returns The procedure for batches `{ x: [batch, ...input] }`.
 * @throws {TypeError} When neither chains nor a sampler are given, or both; from the procedure, when a batch is empty.
 * @throws {RangeError} When `steps` is not a positive integer or `inputNoise` is negative.
 * @throws {DivergenceError} From the procedure, when a chain is no longer finite.
 */
export function contrastiveProcedure(model: DensityModel, options: ContrastiveProcedureOptions): Procedure<DataBatch> {
  const { inputNoise = 0, form = "difference", energyL2 = 0 } = options;
  const action = "create contrastive procedure";
  const sample = negativesOf(action, options);
  checkInputNoise(action, inputNoise);
  return async ({ x }, context) => {
    if (x.shape[0] === 0) {
      throw new TypeError(`Cannot train: x must hold examples but found [${x.shape.join(", ")}]`);
    }
    const [drawKey, chainKey, noiseKey] = split(context.key, 3) as [Key, Key, Key];
    const { x: negatives, terms, ...slots } = await sample([drawKey, chainKey], x, context);
    const noisy = withNoise(x, noiseKey, inputNoise);
    const weights = { form, energyL2: Math.max(energyL2, context.adjustments?.energyL2 ?? 0) };
    return {
      ...slots,
      loss: () => ({ ...contrastiveDivergence(model, { x: noisy, negatives }, weights), ...terms }),
      dispose: () => dispose([noisy, negatives, ...Object.values(terms)]),
    };
  };
}
