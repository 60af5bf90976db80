import { type EnergyHead, energyHead } from "@jem-js/energy";
import { mlp } from "@jem-js/models";
import { foldIn, type Key, key, split, uniformValues } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { averageWeights, cosineDecay, fit, jemProcedure, type Listener } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";
import { CENTRES, drawPoints } from "./density.ts";

/** The recipe: Langevin chains at temperature 1, so that what is sampled is the density itself. */
const recipe = {
  units: [64, 64],
  activation: "swish",
  batchSize: 128,
  learningRate: 3e-3,
  averageDecay: 0.999,
  steps: 20,
  alpha: 0.02,
  buffer: { size: 10_000, reinitProbability: 0.05, min: -2.5, max: 2.5 },
} as const;

/** Options of {@linkcode train}. */
export interface TrainOptions {
  readonly seed: number;
  readonly iterations: number;
  readonly listeners?: readonly Listener[];
}

/** Trains a JEM and gives its head, with averaged weights, to `body`; frees everything afterwards. */
export async function train<T>(options: TrainOptions, body: (head: EnergyHead) => Promise<T>): Promise<T> {
  const { seed, iterations, listeners = [] } = options;
  const { units, activation, batchSize, learningRate, averageDecay, steps, alpha } = recipe;
  const { size, reinitProbability, min, max } = recipe.buffer;
  const [weights, chains, points, training] = split(key(seed), 4) as [Key, Key, Key, Key];
  const model = mlp(weights, { inputShape: [2], units, classes: CENTRES.length, activation });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const head = energyHead(model);
  const buffer = replayBuffer({
    key: chains,
    size,
    shape: [2],
    reinitProbability,
    initializer: (from, count) => uniformValues(from, 2 * count, { min, max }),
  });
  // Noise on the inputs would widen the Gaussians.
  const procedure = jemProcedure(head, { kernel: sgld(head, { alpha }), buffer, steps, inputNoise: 0 });
  const average = averageWeights(variables, { decay: averageDecay });
  const optimizer = tf.train.adam(learningRate);
  try {
    await fit(procedure, batches(points, batchSize), {
      optimizer,
      variables,
      iterations,
      key: training,
      learningRate: cosineDecay({ learningRate, iterations }),
      listeners: [average.listener, ...listeners],
    });
    return await average.use(() => body(head));
  } finally {
    optimizer.dispose();
    average.dispose();
    buffer.dispose();
    model.dispose();
  }
}

/** Fresh points in every batch. */
function* batches(pointsKey: Key, batchSize: number): Generator<{ x: tf.Tensor; labels: tf.Tensor1D }> {
  for (let i = 0; ; i++) {
    const { values, labels } = drawPoints(foldIn(pointsKey, i), batchSize);
    yield { x: tf.tensor2d(values, [batchSize, 2]), labels: tf.tensor1d(labels, "int32") };
  }
}
