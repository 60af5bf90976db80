import { foldIn, type Key } from "@jem-js/random";
import {
  batchStatistics,
  freeStatistics,
  isBatchNorm,
  replaceStatistics,
  type Statistics,
} from "./_batch_statistics.ts";
import { chosenSteps } from "./_chosen_steps.ts";
import { checkSample, runDraws } from "./_draws.ts";
import { programOf, type Step, splitProgram } from "./_program.ts";
import { checkTraining, trainingBatch } from "./_training_batch.ts";
import type { LayersModel } from "./layers_model.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";
import type { TrainingInputs } from "./training_inputs.ts";

/** Options of {@linkcode mcBatchNorm}. */
export interface McBatchNormOptions {
  /** How many examples a batch has, from 2 to all: as many as in training. Fewer make the draws differ more. */
  readonly batchSize: number;
  /** The names of the batch normalisation layers that draw; the others use their moving statistics. @default {all} */
  readonly layers?: readonly string[];
}

/**
 * Monte Carlo batch normalisation (MCBN): a network that was trained with batch normalisation, drawn anew by the statistics of
 * batches of its training examples.
 *
 * Draw `t` takes a batch of different training examples and goes through it once: each batch normalisation layer normalises
 * it with its own mean and population variance, so that the next layer sees what it saw in training. With these statistics kept
 * fixed, the inputs are predicted; they never are part of a batch. The model is not changed: weights and moving statistics are
 * what they were, to the bit. Dense and convolutional models, on any axis, with scale or center off.
 *
 * The statistics of the last key are kept until another key or `dispose()`, so that predicting further inputs costs no batches. What
 * comes before the first such layer is computed once for all draws. One batch of the whole training set makes all draws equal.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mcBatchNorm, predict } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({
 *   layers: [tf.layers.dense({ units: 4, inputShape: [1] }), tf.layers.batchNormalization(), tf.layers.dense({ units: 1 })],
 * });
 * const train = tf.linspace(-1, 1, 20).reshape([20, 1]);
 * const network = mcBatchNorm(model, train, { batchSize: 8 });
 * const prediction = await predict(network, train, { key: key(0), samples: 10, output: "values" });
 * const variances = await prediction.epistemicVariance.data();
 * expect(Math.min(...variances)).toBeGreaterThan(0);
 * tf.dispose(prediction);
 * network.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.06455 | Teye et al., Bayesian uncertainty estimation for batch normalized deep networks}
 *
 * @param model The trained model, borrowed for as long as the network is used.
 * @param train The training inputs, `[n, ...input]`, or what makes batches of them.
 * @param options The size of the batches, and the layers.
 * @returns The network: from `[batch, ...input]` to `[samples, batch, ...output]`.
 * @throws {TypeError} When the model is not a `tf.LayersModel` of one input and one output, has no batch normalisation, or not a
 * layer that is named; or when `train` is not as described.
 * @throws {RangeError} When `batchSize` is not an integer from 2 to the number of training inputs.
 */
export function mcBatchNorm(model: LayersModel, train: TrainingInputs, options: McBatchNormOptions): StochasticNetwork {
  const action = "create MC batch normalisation";
  const { batchSize, layers } = options;
  const program = programOf(action, model);
  const chosen = chosenSteps(
    action,
    program,
    layers,
    isBatchNorm,
    "a BatchNormalization layer",
    "mcDropout or deepEnsemble",
  );
  checkTraining(action, train, batchSize);
  const split = splitProgram(program, (step) => chosen.has(step));
  // What leads to the last layer that draws: a batch needs to go no further.
  const last = Math.max(...[...chosen].map((step) => program.steps.indexOf(step)));
  const toLast = program.steps.slice(0, last + 1);
  let cachedKey = "";
  let cached: ReadonlyMap<Step, Statistics>[] = [];

  return {
    method: "mcBatchNorm",
    maxSamples: Number.POSITIVE_INFINITY,
    sample(x, { key, samples }) {
      const running = "sample MC batch normalisation";
      checkSample(running, x, program, samples, Number.POSITIVE_INFINITY);
      if (cachedKey !== key.join()) forget();
      cachedKey = key.join();
      while (cached.length < samples) cached.push(drawStatistics(running, foldIn(key, cached.length)));
      return runDraws(split, program, x, samples, (draw) => replaceStatistics(cached[draw]!));
    },
    dispose: forget,
  };

  function drawStatistics(running: string, key: Key): ReadonlyMap<Step, Statistics> {
    const batch = trainingBatch(running, train, batchSize, key);
    try {
      return batchStatistics(toLast, batch, (step) => chosen.has(step));
    } finally {
      batch.dispose();
    }
  }

  function forget(): void {
    for (const statistics of cached) freeStatistics(statistics);
    cached = [];
    cachedKey = "";
  }
}
