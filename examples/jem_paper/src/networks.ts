import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Dataset, randomCrop, randomFlip, semiSupervisedBatches } from "@jem-js/data";
import { type EnergyHead, energyHead } from "@jem-js/energy";
import { convNet, convNetPresets, wideResNet } from "@jem-js/models";
import { foldIn, type Key, key, split } from "@jem-js/random";
import type { ReplayBuffer } from "@jem-js/samplers";
import { cosineDecay, energyDrift, type FitResult, fit, type PartlyLabeledBatch, stepDecay } from "@jem-js/trainer";
import { fileCheckpoints, incidentReports, jsonlMetrics, progressBar } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";
import { writeConfig } from "./config.ts";
import type { Data } from "./data.ts";
import { type Objective, trainingOf } from "./objectives.ts";
import { projection } from "./projection.ts";
import type { Settings } from "./settings.ts";

/** A network to be trained, or to be read where it was trained already. */
export interface NetworkSpec {
  /** Its folder in that of the seed. */
  readonly name: string;
  readonly objective: Objective;
  /** What differs from the settings of the experiment. */
  readonly settings?: Partial<Settings>;
  /** The images of its labels. @default {those of the data} */
  readonly labeled?: Dataset;
  /** Makes its model. @default {that of the settings} */
  readonly model?: (key: Key) => tf.LayersModel | Promise<tf.LayersModel>;
  /** How it is read as an energy-based model. @default {as what gives logits for images} */
  readonly headOf?: (model: tf.LayersModel) => EnergyHead;
  /** Whether there is one for all seeds, as what judges them all. @default {false} */
  readonly forAllSeeds?: boolean;
  /** How large the energy gap may become. @default {that of `energyDrift`} */
  readonly driftLimit?: number;
  /** How many iterations the scale has: what hours are projected for. @default {those of the options} */
  readonly plannedIterations?: number;
  /** The weights that are trained. @default {all} */
  readonly variables?: (model: tf.LayersModel) => tf.Variable[];
}

/** A network that was trained. */
export interface Network {
  readonly name: string;
  readonly model: tf.LayersModel;
  /** Its features are those of the layer `pooling`, where it has one. */
  readonly head: EnergyHead;
  /** Its chains, where it has some. */
  readonly buffer?: ReplayBuffer;
  readonly settings: Settings;
}

/** Where and of what networks are trained. */
export interface NetworkOptions {
  /** The folder of the seed. */
  readonly folder: string;
  readonly seed: number;
  readonly data: Data;
  readonly settings: Settings;
  /** How many iterations the scale has. @default {those of the settings} */
  readonly plannedIterations?: number;
  readonly signal: AbortSignal;
}

/** Thrown when training was interrupted; what is there is kept and can be gone on with. */
export class Interrupted extends Error {}

/** Trains a network, goes on with its training, or reads it where that is complete: all of them from its last checkpoint. */
export async function networkOf(spec: NetworkSpec, options: NetworkOptions): Promise<Network> {
  const { name, objective, variables, driftLimit: limit } = spec;
  const { data, seed, signal } = options;
  const plannedIterations = spec.plannedIterations ?? options.plannedIterations;
  const settings: Settings = { ...options.settings, ...spec.settings };
  const folder = join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  writeConfig(folder, { objective, seed, settings }, `the network ${name} was trained with`);
  const [weights, chains, order, training] = split(key(seed), 4) as [Key, Key, Key, Key];
  const model = await (spec.model ?? ((weights) => build(weights, data, settings)))(weights);
  const head = spec.headOf?.(model) ?? headOf(model, data.classes);
  const { procedure, buffers } = trainingOf(objective, head, data, settings, chains);
  const { iterations, learningRate, warmUp, decayRate: factor } = settings;
  const labeled = spec.labeled ?? data.labeled;
  const optimizer = tf.train.adam(learningRate);
  const { buffer } = buffers;
  let result: FitResult;
  try {
    result = await fit(procedure, (start) => batchesOf(labeled, data.train, settings, order, start), {
      optimizer,
      model,
      variables: variables?.(model) ?? model.trainableWeights.map((weight) => weight.read() as tf.Variable),
      iterations,
      key: training,
      learningRate:
        settings.decay === "cosine"
          ? cosineDecay({ learningRate, iterations, warmUp })
          : stepDecay({ learningRate, boundaries: settings.decayIterations, factor, warmUp }),
      listeners: [
        progressBar({ label: `seed ${seed}, ${name.padEnd(11)}`, terms: { loss: "loss", energyGap: "energy gap" } }),
        jsonlMetrics(join(folder, "metrics.jsonl"), { timing: join(folder, "timing.jsonl") }),
        incidentReports(join(folder, "incidents")),
        projection(name, plannedIterations ?? iterations),
      ],
      signal,
      checkpoints: { store: fileCheckpoints(join(folder, "checkpoints")), every: 500, keep: 1 },
      ...(buffer && {
        state: buffers,
        detectors: [energyDrift({ ...(limit !== undefined && { limit }) })],
        recovery: { buffer },
      }),
    });
  } finally {
    optimizer.dispose();
  }
  if (result.reason !== "completed") {
    throw new Interrupted(
      `The training of ${name} was interrupted after ${result.iterations} of ${iterations} iterations.`,
    );
  }
  return { name, model, head, settings, ...(buffer && { buffer }) };
}

function headOf(model: tf.LayersModel, numClasses: number): EnergyHead {
  const pooled = model.layers.some((layer) => layer.name === "pooling");
  return energyHead(model, { numClasses, ...(pooled && { features: "pooling" }) });
}

function build(weights: Key, { shape, classes }: Data, { network, depth, width }: Settings): tf.LayersModel {
  const inputShape = [...shape];
  if (network === "wide") return wideResNet(weights, { inputShape, classes, depth, width });
  return convNet(weights, { ...convNetPresets[network], inputShape, classes });
}

/** Labelled and unlabelled images, drawn apart as in the paper's code, cropped and flipped at random where the settings say so. */
function* batchesOf(
  labeled: Dataset,
  unlabeled: Dataset,
  { batchSize, augment }: Settings,
  order: Key,
  start: number,
): Generator<PartlyLabeledBatch> {
  const sizes = { labeledBatchSize: batchSize, unlabeledBatchSize: batchSize };
  for (const batch of semiSupervisedBatches(labeled, unlabeled, { ...sizes, key: order, start })) {
    if (!augment) {
      yield batch;
      continue;
    }
    const [first, second] = split(foldIn(order, batch.index)) as [Key, Key];
    const [x, other] = tf.tidy(() => [changed(first, batch.x), changed(second, batch.unlabeled as tf.Tensor4D)]) as [
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    tf.dispose([batch.x, batch.unlabeled]);
    yield { x, labels: batch.labels, unlabeled: other };
  }
}

function changed(key: Key, x: tf.Tensor4D): tf.Tensor4D {
  const [crop, flip] = split(key) as [Key, Key];
  return randomFlip(flip, randomCrop(crop, x));
}
