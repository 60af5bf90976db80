import { foldIn, type Key, randint, split } from "@jem-js/random";
import { gather, type Optimizer, type Scalar, type Tensor, tidy, type Variable } from "@tensorflow/tfjs-core";
import { checkCount, checkNotEmpty } from "./_check.ts";
import type { DensityModel } from "./model.ts";
import { type SteinCriticOptions, steinCriticLoss } from "./stein_critic_loss.ts";
import { type SteinCritic, steinDiscrepancy } from "./stein_discrepancy.ts";

/** A critic with what of it is trained. */
export interface TrainableCritic {
  /** The network, from `[batch, ...input]` to the same shape. */
  readonly apply: SteinCritic;
  /** Its variables. */
  readonly variables: readonly Variable[];
}

/** The data of {@linkcode evaluateStein}, `[examples, ...input]` each. */
export interface SteinData {
  /** What the critic learns from. */
  readonly train: Tensor;
  /** What the discrepancy is read on; no example of it may be among the others. */
  readonly test: Tensor;
}

/** Options of {@linkcode evaluateStein}. */
export interface EvaluateSteinOptions extends Omit<SteinCriticOptions, "key"> {
  /** The key of the batches and of the probes of the trace. */
  readonly key: Key;
  /** Trains the critic; borrowed. */
  readonly optimizer: Optimizer;
  /** How many steps it makes. A positive integer. @default {500} */
  readonly steps?: number;
  /** How many examples a step has. A positive integer. @default {100} */
  readonly batchSize?: number;
  /** Ends the training of the critic after the current step: an `AbortSignal`. @default {undefined} */
  readonly signal?: { readonly aborted: boolean };
}

/** How far a model is from data; see {@linkcode evaluateStein}. */
export interface SteinEvaluation {
  /** The Stein discrepancy on the test data: the less the better, 0 for the model that made them. */
  readonly discrepancy: number;
  /** Its standard error. A discrepancy of several is no chance. */
  readonly standardError: number;
}

/**
 * Evaluates an unnormalised model without samples of it: trains a critic to tell it from some data, and reads the Stein discrepancy on
 * others. To rank models, give each a critic of its own, of the same sizes and with the same key.
 *
 * With the best critic `h = (s_model - s_data) / (2 l2)` it is `mean ||s_model - s_data||^2 / (2 l2)`: the Fisher divergence but for
 * a factor, so that modes that lie far apart may have the wrong weights unnoticed.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { evaluateStein } from "@jem-js/objectives";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const data = { train: normal(key(0), [500, 1]), test: normal(key(1), [500, 1]) }; // of N(0, 1)
 * const discrepancyOf = async (mean: number) => {
 *   const logDensity = (x: tf.Tensor) => tf.mul(tf.sum(tf.square(tf.sub(x, mean)), 1), -0.5) as tf.Tensor1D;
 *   const bias = tf.variable(tf.zeros([1]));
 *   const critic = { apply: (x: tf.Tensor) => tf.add(tf.mul(x, 0), bias), variables: [bias] };
 *   const options = { key: key(2), optimizer: tf.train.sgd(0.1), steps: 50, l2: 1 };
 *   return (await evaluateStein({ logDensity }, critic, data, options)).discrepancy;
 * };
 * expect(await discrepancyOf(2)).toBeGreaterThan(await discrepancyOf(1)); // 4 / 2 and 1 / 2, nearly
 * expect(await discrepancyOf(1)).toBeGreaterThan(await discrepancyOf(0));
 * ```
 *
 * @see {@link https://arxiv.org/abs/2002.05616 | Grathwohl et al., Learning the Stein discrepancy for training and evaluating energy-based models without sampling}
 *
 * @param model The density; borrowed.
 * @param critic The critic, which is trained; borrowed.
 * @param data Two sets that have nothing in common; borrowed.
 * @param options How the critic is trained.
 * @returns The discrepancy on the test data, with the exact trace.
 * @throws {TypeError} When a set is empty or the critic's output has another shape than its input.
 * @throws {RangeError} When a number is out of its range.
 */
export async function evaluateStein(
  model: DensityModel,
  critic: TrainableCritic,
  data: SteinData,
  options: EvaluateSteinOptions,
): Promise<SteinEvaluation> {
  const { key, optimizer, steps = 500, batchSize = 100, signal, l2 = 10, ...derivatives } = options;
  const { train, test } = data;
  checkCount("steps", steps);
  checkCount("batchSize", batchSize);
  checkNotEmpty("train", train.shape[0]);
  checkNotEmpty("test", test.shape[0]);
  for (let i = 0; i < steps && !signal?.aborted; i++) {
    const [batchKey, probeKey] = split(foldIn(key, i)) as [Key, Key];
    tidy(() => {
      const x = gather(train, randint(batchKey, [batchSize], { max: train.shape[0]! }));
      const loss = (): Scalar =>
        steinCriticLoss(model, critic.apply, { x }, { ...derivatives, l2, key: probeKey }).loss;
      optimizer.minimize(loss, false, [...critic.variables]);
    });
  }
  const { loss, standardError } = steinDiscrepancy(model, critic.apply, { x: test }, derivatives);
  const [discrepancy, error] = await Promise.all([loss.data(), standardError.data()]);
  loss.dispose();
  standardError.dispose();
  return { discrepancy: discrepancy[0]!, standardError: error[0]! };
}
