import { batches, type Dataset } from "@jem-js/data";
import { type EnergyHead, energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { type Key, key, split } from "@jem-js/random";
import { type ReplayBuffer, replayBuffer, sgld } from "@jem-js/samplers";
import {
  classifierProcedure,
  cosineDecay,
  type FitResult,
  fit,
  jemProcedure,
  type Listener,
  type Procedure,
} from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "./options.ts";

/** A network, its energy head and how to train it. */
export interface Trainee {
  readonly name: "JEM" | "control";
  readonly model: tf.LayersModel;
  readonly head: EnergyHead;
  /** The chains of the JEM. */
  readonly buffer?: ReplayBuffer;
  train(data: Dataset, listeners: readonly Listener[], signal: AbortSignal): Promise<FitResult>;
}

/** The joint model: chains from a replay buffer, the factored loss. */
export function jemTrainee(config: Config): Trainee {
  const keys = keysOf(config);
  const { model, head } = network(config, keys.weights);
  const kernel = sgld(head, { ...config.sgld, clamp: config.clamp });
  const buffer = replayBuffer({ key: keys.buffer, shape: [28, 28, 1], ...config.buffer });
  const procedure = jemProcedure(head, {
    kernel,
    buffer,
    steps: config.sgld.steps,
    inputNoise: config.inputNoise,
    energyL2: config.energyL2,
  });
  return { name: "JEM", model, head, buffer, train: trainer(config, model, procedure) };
}

/** The control: the same network from the same weights on the same batches, by cross-entropy alone. */
export function controlTrainee(config: Config): Trainee {
  const { model, head } = network(config, keysOf(config).weights);
  const procedure = classifierProcedure(head, { inputNoise: config.inputNoise });
  return { name: "control", model, head, train: trainer(config, model, procedure) };
}

/** The keys of a run. Each purpose has one of its own, so that no step disturbs another's numbers. */
export function keysOf(config: Config): { weights: Key; buffer: Key; order: Key; training: Key; evaluation: Key } {
  const [weights, buffer, order, training, evaluation] = split(key(config.seed), 5) as [Key, Key, Key, Key, Key];
  return { weights, buffer, order, training, evaluation };
}

function network(config: Config, weights: Key): { model: tf.LayersModel; head: EnergyHead } {
  const model = convNet(weights, { ...convNetPresets[config.preset], inputShape: [28, 28, 1], classes: 10 });
  return { model, head: energyHead(model, { numClasses: 10 }) };
}

function trainer(
  config: Config,
  model: tf.LayersModel,
  procedure: Procedure<{ x: tf.Tensor; labels: tf.Tensor }>,
): Trainee["train"] {
  const { iterations, batchSize, learningRate } = config;
  const keys = keysOf(config);
  return async (data, listeners, signal) => {
    const optimizer = tf.train.adam(learningRate);
    try {
      return await fit(procedure, tensorsOf(data, keys.order, batchSize), {
        optimizer,
        variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
        iterations,
        key: keys.training,
        learningRate: cosineDecay({ learningRate, iterations }),
        listeners,
        signal,
      });
    } finally {
      optimizer.dispose();
    }
  };
}

function* tensorsOf(data: Dataset, order: Key, batchSize: number): Generator<{ x: tf.Tensor; labels: tf.Tensor }> {
  for (const { x, labels } of batches(data, { key: order, batchSize })) yield { x, labels };
}
