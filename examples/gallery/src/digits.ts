import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pgd, type RobustnessCurve, robustAccuracy } from "@jem-js/attacks";
import { batchTensor, type Dataset } from "@jem-js/data";
import { type EnergyHead, energyHead } from "@jem-js/energy";
import { type ReliabilityBin, reliabilityBins } from "@jem-js/metrics";
import { key, split, uniform } from "@jem-js/random";
import type { EnergySeries, Prediction } from "@jem-js/report";
import { sample, sgld } from "@jem-js/samplers";
import { fileCheckpoints } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";
import { readFashion, readMnist } from "./datasets.ts";

/** What is measured of one model, example by example. */
interface DigitModel {
  readonly name: string;
  /** The lines of its metrics file. */
  readonly rows: readonly Record<string, unknown>[];
  readonly bins: readonly ReliabilityBin[];
  readonly inScores: Float32Array;
  readonly outScores: Float32Array;
  readonly confidences: Float32Array;
  /** 1 where the prediction is wrong. */
  readonly losses: Float32Array;
  readonly entropies: Float32Array;
  /** `-log p(y|x)`. */
  readonly surprisals: Float32Array;
  readonly robustness: RobustnessCurve;
}

/** What is measured of a run of the main job. */
export interface Digits {
  readonly models: readonly DigitModel[];
  readonly energies: readonly EnergySeries[];
  /** Chains of the replay buffer: for each class the ten with the highest `log p(x, y)`. */
  readonly buffer: {
    readonly images: Float32Array;
    readonly shape: readonly number[];
    readonly labels: readonly number[];
    readonly captions: readonly string[];
  };
  readonly film: {
    readonly values: Float32Array;
    readonly shape: readonly number[];
    readonly steps: readonly number[];
    readonly energies: Float32Array;
  };
  /** How many images are attacked. */
  readonly attacked: number;
  readonly perturbation: {
    readonly original: Float32Array;
    readonly perturbed: Float32Array;
    readonly shape: readonly number[];
    readonly predictions: { readonly original: Prediction[]; readonly perturbed: Prediction[] };
  };
}

const COUNT = 1000;
const ATTACKED = 100;
const PIXELS = 28 * 28;

/** Reads the models of a run and measures them. */
export async function measureDigits(run: string): Promise<Digits> {
  const mnist = await readMnist();
  const fashion = await readFashion(COUNT / 10);
  const jem = await readHead(join(run, "jem"));
  const control = await readHead(join(run, "control"));
  const models = [
    await measureModel("JEM", join(run, "jem"), jem, mnist, fashion),
    await measureModel("control", join(run, "control"), control, mnist, fashion),
  ];
  const chains = await readBuffer(join(run, "jem", "checkpoints"));
  const noise = uniform(key(1), [COUNT, 28, 28, 1], { min: -1, max: 1 });
  return {
    models,
    energies: [
      { name: "data", energies: models[0]!.inScores.map((logDensity) => -logDensity) },
      { name: "buffer", energies: await read(jem.energy(tf.tensor4d(chains, [COUNT, 28, 28, 1]))) },
      { name: "uniform noise", energies: await read(jem.energy(noise)) },
    ],
    buffer: await bestOfClasses(jem, chains),
    film: await filmOf(jem),
    attacked: ATTACKED,
    perturbation: await perturb(jem, mnist),
  };
}

async function measureModel(
  name: string,
  folder: string,
  head: EnergyHead,
  mnist: Dataset,
  fashion: Dataset,
): Promise<DigitModel> {
  const { x, labels } = batchTensor(mnist, range(COUNT));
  const p = await read(head.probabilities(x));
  const y = mnist.labels.subarray(0, COUNT);
  const ofEach = (of: (row: Float32Array, label: number) => number): Float32Array =>
    Float32Array.from(y, (label, i) => of(p.subarray(10 * i, 10 * i + 10), label));
  const attackKey = key(2);
  const images = pixels(tf.slice(x, 0, ATTACKED));
  return {
    name,
    rows: readFileSync(join(folder, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
    bins: reliabilityBins({ data: p, shape: [COUNT, 10] }, y, { bins: 15 }),
    inScores: await read(head.logDensity(x)),
    outScores: await read(head.logDensity(batchTensor(fashion, range(COUNT)).x)),
    confidences: ofEach((row) => Math.max(...row)),
    losses: ofEach((row, label) => (row[label]! < Math.max(...row) ? 1 : 0)),
    entropies: ofEach((row) => row.reduce((sum, q) => sum - q * Math.log(q + 1e-12), 0)),
    surprisals: ofEach((row, label) => -Math.log(row[label]! + 1e-12)),
    robustness: await robustAccuracy(onPixels(head), images, tf.slice(labels, 0, ATTACKED), {
      norm: "linf",
      epsilons: [0, 0.02, 0.04, 0.06, 0.08, 0.1],
      steps: 10,
      key: attackKey,
    }),
  };
}

async function bestOfClasses(head: EnergyHead, chains: Float32Array): Promise<Digits["buffer"]> {
  const logits = await read(head.logits(tf.tensor4d(chains, [COUNT, 28, 28, 1])));
  const best = range(10).flatMap((label) =>
    range(COUNT)
      .sort((a, b) => logits[10 * b + label]! - logits[10 * a + label]!)
      .slice(0, 10)
      .map((chain) => ({ label, chain, logit: logits[10 * chain + label]! })),
  );
  return {
    images: Float32Array.from(best.flatMap(({ chain }) => [...chains.subarray(chain * PIXELS, (chain + 1) * PIXELS)])),
    shape: [best.length, 28, 28, 1],
    labels: best.map(({ label }) => label),
    captions: best.map(({ logit }) => logit.toFixed(1)),
  };
}

/** Chains from noise, by the kernel of the training. */
async function filmOf(head: EnergyHead): Promise<Digits["film"]> {
  const [forStart, forChains] = split(key(3));
  const kernel = sgld(head, { stepSize: 10, noiseScale: 0.01, clamp: [-1, 1] });
  const start = uniform(forStart!, [5, 28, 28, 1], { min: -1, max: 1 });
  const { x } = await sample(kernel, start, { key: forChains!, samples: 10, thinning: 50 });
  const values = await read(x!);
  const energies = await read(head.energy(tf.reshape(x!, [50, 28, 28, 1])));
  return { values, shape: x!.shape, steps: range(10).map((i) => 50 * (i + 1)), energies };
}

async function perturb(head: EnergyHead, mnist: Dataset): Promise<Digits["perturbation"]> {
  const batch = batchTensor(mnist, range(6));
  const original = pixels(batch.x);
  const model = onPixels(head);
  const perturbed = pgd(model, original, batch.labels, { norm: "linf", epsilon: 0.1, returnBest: true });
  const predict = async (x: tf.Tensor): Promise<Prediction[]> => {
    const p = await read(tf.softmax(model(x)));
    return range(6).map((i) => {
      const row = [...p.subarray(10 * i, 10 * i + 10)];
      const confidence = Math.max(...row);
      return { label: row.indexOf(confidence), confidence };
    });
  };
  return {
    original: await read(original),
    perturbed: await read(perturbed),
    shape: original.shape,
    predictions: { original: await predict(original), perturbed: await predict(perturbed) },
  };
}

/** The first chains of the replay buffer in the newest checkpoint. */
async function readBuffer(folder: string): Promise<Float32Array> {
  const store = fileCheckpoints(folder);
  const { parts } = await store.read((await store.steps()).at(-1)!);
  return (parts.buffer!.arrays.chains as Float32Array).subarray(0, COUNT * PIXELS);
}

async function readHead(folder: string): Promise<EnergyHead> {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  const bytes = readFileSync(join(folder, "weights.bin"));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const weightSpecs = weightsManifest[0].weights;
  return energyHead(await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData })));
}

function onPixels(head: EnergyHead): (x: tf.Tensor) => tf.Tensor2D {
  return (x) => head.logits(tf.sub(tf.mul(x, 2), 1));
}

function pixels(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.clipByValue(tf.mul(tf.add(x, 1), 0.5), 0, 1));
}

async function read(tensor: tf.Tensor): Promise<Float32Array> {
  const values = await tensor.data();
  return values as Float32Array;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
