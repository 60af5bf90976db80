import { join } from "node:path";
import { type Batch, batches, type Dataset } from "@jem-js/data";
import { type EnergyHead, energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { type Key, key, split } from "@jem-js/random";
import { type ReplayBuffer, replayBuffer, sgld } from "@jem-js/samplers";
import {
  classifierProcedure,
  cosineDecay,
  energyDrift,
  type FitResult,
  fit,
  jemProcedure,
  type Listener,
  type Procedure,
} from "@jem-js/trainer";
import { fileCheckpoints } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "./options.ts";

/** A network, its energy head and how to train it. */
export interface Trainee {
  readonly name: "JEM" | "control";
  /** Where its metrics, checkpoints and final weights go. */
  readonly folder: string;
  readonly model: tf.LayersModel;
  readonly head: EnergyHead;
  /** The chains of the JEM. */
  readonly buffer?: ReplayBuffer;
  train(data: Dataset, listeners: readonly Listener[], signal: AbortSignal): Promise<FitResult>;
}

/** The joint model: chains from a replay buffer, the factored loss. */
export function jemTrainee(config: Config): Trainee {
  const keys = keysOf(config);
  const folder = join(config.out, "jem");
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
  return { name: "JEM", folder, model, head, buffer, train: trainer(config, model, folder, procedure, buffer) };
}

/** The control: the same network from the same weights on the same batches, by cross-entropy alone. */
export function controlTrainee(config: Config): Trainee {
  const folder = join(config.out, "control");
  const { model, head } = network(config, keysOf(config).weights);
  const procedure = classifierProcedure(head, { inputNoise: config.inputNoise });
  return { name: "control", folder, model, head, train: trainer(config, model, folder, procedure) };
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
  folder: string,
  procedure: Procedure<Batch>,
  buffer?: ReplayBuffer,
): Trainee["train"] {
  const { iterations, batchSize, learningRate } = config;
  const keys = keysOf(config);
  return async (data, listeners, signal) => {
    const optimizer = tf.train.adam(learningRate);
    try {
      return await fit(procedure, (start) => batches(data, { key: keys.order, batchSize, start }), {
        optimizer,
        model,
        variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
        iterations,
        key: keys.training,
        learningRate: cosineDecay({ learningRate, iterations }),
        listeners,
        signal,
        checkpoints: { store: fileCheckpoints(join(folder, "checkpoints")), every: 100, keep: 2 },
        ...(buffer && { state: { buffer }, detectors: [energyDrift({ limit: 100 })], recovery: { buffer } }),
      });
    } finally {
      optimizer.dispose();
    }
  };
}
