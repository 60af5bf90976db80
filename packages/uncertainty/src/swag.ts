import { foldIn, type Key, normalValues } from "@jem-js/random";
import { dispose, stack, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { batchStatistics, freeStatistics, isBatchNorm, replaceStatistics } from "./_batch_statistics.ts";
import { checkInteger, checkPositive } from "./_check.ts";
import { checkSample } from "./_draws.ts";
import { type Program, programOf, runSteps } from "./_program.ts";
import { checkTraining, trainingBatch } from "./_training_batch.ts";
import type { LayersModel } from "./layers_model.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";
import type { TrainingInputs } from "./training_inputs.ts";

/** A model whose weights can be read and set. */
export interface WeightedModel extends LayersModel {
  /** The weights, borrowed. */
  getWeights(): Tensor[];
  /** Copies weights into it. */
  setWeights(weights: Tensor[]): void;
}

/** Options of {@linkcode swag}. */
export interface SwagOptions {
  /** How many of the last deviations from the mean make the part of low rank, at least 2. @default {20} */
  readonly rank?: number;
}

/** Options of `Swag.network`. */
export interface SwagNetworkOptions {
  /** What the deviations of weights are multiplied with, above 0. @default {1} */
  readonly scale?: number;
  /** The training inputs, for a model with batch normalisation. @default {none} */
  readonly train?: TrainingInputs;
  /** How many of them the statistics of batch normalisation are taken of, for each draw. @default {256} */
  readonly batchSize?: number;
}

/** What collects weights in training. */
export interface Swag {
  /** How many times weights were collected. */
  readonly collected: number;
  /** Takes in the weights that the model has now. */
  collect(): Promise<void>;
  /** The network of weights that are drawn around their mean. The model is as it was after each call. */
  network(options?: SwagNetworkOptions): StochasticNetwork;
}

/**
 * Stochastic weight averaging, Gaussian (SWAG): the weights that a network had at several times late in training, with a learning rate
 * that keeps it moving, as a Gaussian around their mean.
 *
 * A draw is `mean + scale (D^(1/2) z1 / sqrt 2 + A z2 / sqrt(2 (K - 1)))` with `D` the variances of the weights and `A` the last `K`
 * deviations from the running mean. The statistics of batch normalisation are no weights: for each draw they are taken anew of one batch
 * of training inputs, in population form.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { predict, swag } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * const averaging = swag(model);
 * for (const weight of [1, 2, 3]) {
 *   model.setWeights([tf.tensor2d([[weight]]), tf.zeros([1])]); // an epoch of training in its place
 *   await averaging.collect();
 * }
 * const options = { key: key(0), samples: 100, output: "values" } as const;
 * const { mean, epistemicVariance } = await predict(averaging.network(), tf.tensor2d([[1]]), options);
 * expect(Math.abs((await mean.data())[0]! - 2)).toBeLessThan(0.4);
 * expect((await epistemicVariance.data())[0]).toBeGreaterThan(0.2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.02476 | Maddox et al., A simple baseline for Bayesian uncertainty in deep learning}
 *
 * @param model The model, borrowed for as long as it is used. Its weights are drawn in host memory and set for the length of a call.
 * @param options The rank.
 * @returns What collects, from `[batch, ...input]` to `[samples, batch, ...output]` in the end.
 * @throws {TypeError} When the model is not a `tf.LayersModel` of one input and one output.
 * @throws {RangeError} When `rank` is not an integer of at least 2; from `network`, when weights were collected less than twice.
 */
export function swag(model: WeightedModel, options: SwagOptions = {}): Swag {
  const action = "create SWAG";
  const { rank = 20 } = options;
  const program = programOf(action, model);
  checkInteger(action, "rank", rank, 2);
  let collected = 0;
  let mean = new Float64Array();
  let squares = new Float64Array();
  const deviations: Float64Array[] = [];

  return {
    get collected() {
      return collected;
    },
    async collect() {
      const parts = await Promise.all(model.getWeights().map((weight) => weight.data()));
      const now = Float64Array.from(parts.flatMap((part) => [...part]));
      if (collected === 0) [mean, squares] = [new Float64Array(now.length), new Float64Array(now.length)];
      collected++;
      mean = mean.map((value, i) => value + (now[i]! - value) / collected);
      squares = squares.map((value, i) => value + (now[i]! ** 2 - value) / collected);
      deviations.push(now.map((value, i) => value - mean[i]!));
      if (deviations.length > rank) deviations.shift();
    },
    network(networkOptions = {}) {
      const { scale = 1, train, batchSize = 256 } = networkOptions;
      const making = "create a SWAG network";
      checkPositive(making, "scale", scale);
      if (collected < 2) {
        throw new RangeError(`Cannot ${making}: weights must be collected twice at least but found ${collected}`);
      }
      const normalizes = program.steps.some(isBatchNorm);
      if (normalizes && train === undefined) {
        throw new TypeError(
          `Cannot ${making}: a model with batch normalisation must have train, whose statistics belong to the weights, but found none`,
        );
      }
      if (normalizes) checkTraining(making, train!, batchSize);
      const last = [...deviations];
      const stds = squares.map((value, i) => Math.sqrt(Math.max(0, value - mean[i]! ** 2) / 2));
      const center = mean.slice();
      const drawn = (key: Key): Float32Array => {
        const own = normalValues(foldIn(key, 0), center.length);
        const along = normalValues(foldIn(key, 1), last.length);
        return Float32Array.from(center, (value, i) => {
          let low = 0;
          for (let k = 0; k < last.length; k++) low += last[k]![i]! * along[k]!;
          return value + scale * (stds[i]! * own[i]! + low / Math.sqrt(2 * (last.length - 1)));
        });
      };
      return {
        method: "swag",
        maxSamples: Number.POSITIVE_INFINITY,
        sample(x, { key, samples }) {
          checkSample("sample SWAG", x, program, samples, Number.POSITIVE_INFINITY);
          const batchOf = (k: Key): Tensor | undefined =>
            normalizes ? trainingBatch(making, train!, batchSize, k) : undefined;
          return tidy(() => {
            const outputs = Array.from({ length: samples }, (_, t) => {
              const drawKey = foldIn(key, t);
              return withWeights(model, drawn(foldIn(drawKey, 0)), () =>
                outputsOf(program, x, batchOf(foldIn(drawKey, 1))),
              );
            });
            return stack(outputs);
          });
        },
        dispose() {},
      };
    },
  };
}

/** The outputs of a model, whose batch normalisation, if it has any, uses the statistics of a batch. */
function outputsOf({ steps, output }: Program, x: Tensor, batch: Tensor | undefined): Tensor {
  const statistics = batch ? batchStatistics(steps, batch, isBatchNorm) : new Map();
  const [outputs] = runSteps(steps, new Map([[0, x]]), [output], replaceStatistics(statistics));
  freeStatistics(statistics);
  return outputs!;
}

/** Runs `body` while the model has other weights, and puts its own back, to the bit. */
function withWeights(model: WeightedModel, values: Float32Array, body: () => Tensor): Tensor {
  const before = model.getWeights().map((weight) => weight.clone());
  let at = 0;
  const drawn = before.map(({ shape, size }) => {
    at += size;
    return tensor(values.subarray(at - size, at), shape);
  });
  try {
    model.setWeights(drawn);
    return body();
  } finally {
    model.setWeights(before);
    dispose([before, drawn]);
  }
}
