/** Trains one joint model on the negatives of several samplers, and compares them. See README.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gaussianMixture } from "@jem-js/data";
import { type EnergyHead, energyHead } from "@jem-js/energy";
import { mlp, realNvp } from "@jem-js/models";
import { isAvailable } from "@jem-js/native";
import { foldIn, type Key, key, split } from "@jem-js/random";
import { averageWeights, cosineDecay, DivergenceError, fit, jemProcedure, type Procedure } from "@jem-js/trainer";
import { progressBar } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";
import { type Figures, measure } from "./src/measure.ts";
import { negatives } from "./src/samplers.ts";

const usage = `Trains one joint model on the negatives of several samplers, and compares them.

Usage: npm start --workspace @jem-js-examples/negative_samplers -- [options]

  --seeds LIST     seeds, one model of each sampler for each (default 0)
  --iterations N   training iterations (default 1000)
  --smoke          100 iterations each, to see that it works
  --out FOLDER     where results.json goes (default runs/negative_samplers-<time>)`;

/** What came of a sampler with a seed. */
interface Row extends Partial<Figures> {
  readonly sampler: string;
  readonly seed: number;
  /** The median time of an iteration. */
  readonly milliseconds: number;
  /** The standard deviation of the energy gap over the last thousand iterations: how calm the training is. */
  readonly gapDeviation: number;
  readonly ended: string;
}

const density = gaussianMixture({
  means: [
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
    [0, -1.2],
  ],
  scale: 0.3,
});
const learningRate = 3e-3;

const FLOW = "none: RealNVP";

/** What is trained. */
interface Trained {
  readonly head: EnergyHead;
  readonly variables: readonly tf.Variable[];
  readonly procedure: Procedure<{ x: tf.Tensor; labels: tf.Tensor }>;
}

/** A classifier that is trained as a joint model on the negatives of a sampler. */
function joint(sampler: string, weights: Key, forSampler: Key): Trained {
  const model = mlp(weights, { inputShape: [2], units: [64, 64], classes: 4, activation: "swish" });
  const head = energyHead(model);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const options = { ...negatives[sampler]!(head, forSampler, learningRate), inputNoise: 0 };
  return { head, variables, procedure: jemProcedure(head, options) };
}

/** A flow for each class, whose density needs no negatives: maximum likelihood. */
function tractable(weights: Key): Trained {
  const flow = realNvp(weights, { inputShape: [2], units: [32, 32], couplings: 6, classes: 4 });
  return {
    head: energyHead((x) => flow.logits(x)),
    variables: flow.variables,
    procedure: ({ x, labels }) => ({
      loss: () => ({ loss: tf.neg(tf.mean(flow.logDensity(x, labels))) as tf.Scalar }),
      dispose: () => {},
    }),
  };
}

async function train(sampler: string, seed: number, iterations: number): Promise<Row> {
  const [weights, forSampler, forData, forTraining] = split(key(seed), 4) as [Key, Key, Key, Key];
  const { head, variables, procedure } = sampler === FLOW ? tractable(weights) : joint(sampler, weights, forSampler);
  const average = averageWeights(variables, { decay: 0.99 });
  const [times, gaps]: [number[], number[]] = [[], []];
  function* batches(): Generator<{ x: tf.Tensor; labels: tf.Tensor }> {
    for (let i = 0; ; i++) yield { ...density.sample(foldIn(forData, i), 128) };
  }
  const ended = await fit(procedure, batches(), {
    optimizer: tf.train.adam(learningRate),
    variables,
    iterations,
    key: forTraining,
    learningRate: cosineDecay({ learningRate, iterations }),
    listeners: [
      average.listener,
      progressBar({ label: `${sampler}, seed ${seed}`, terms: { loss: "loss", accuracy: "accuracy" } }),
      (event) => {
        if (event.type !== "iteration") return;
        times.push(event.milliseconds);
        gaps.push(event.terms.energyGap ?? Number.NaN);
      },
    ],
  }).then(
    ({ reason }) => reason as string,
    (error: unknown) => {
      if (error instanceof DivergenceError) return error.message;
      throw error;
    },
  );
  const figures = ended === "completed" ? await average.use(() => measure(head, density)) : {};
  const median = times.slice(50).sort((a, b) => a - b)[Math.floor((times.length - 50) / 2)] ?? Number.NaN;
  const last = gaps.slice(-1000);
  const mean = last.reduce((a, b) => a + b, 0) / last.length;
  const gapDeviation = Math.sqrt(last.reduce((a, b) => a + (b - mean) ** 2, 0) / last.length);
  tf.dispose([...variables]);
  return { sampler, seed, ...figures, milliseconds: median, gapDeviation, ended };
}

async function startBackend(): Promise<string> {
  tf.enableProdMode();
  if (isAvailable()) await tf.setBackend("native");
  else {
    await import("@tensorflow/tfjs-backend-wasm");
    (await import("@jem-js/wasm-gradients")).registerWasmGradients();
    await tf.setBackend("wasm");
  }
  return tf.getBackend();
}

function readCount(flag: string, text: string, minimum: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= minimum && text.trim() !== "") return value;
  throw new RangeError(`${flag} must be an integer of at least ${minimum} but is ${text}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "0" },
      iterations: { type: "string" },
      smoke: { type: "boolean", default: false },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const seeds = values.seeds.split(",").map((seed) => readCount("--seeds", seed, 0));
  const iterations = readCount("--iterations", values.iterations ?? (values.smoke ? "100" : "1000"), 100);
  const out =
    values.out ?? join("runs", `negative_samplers-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);
  mkdirSync(out, { recursive: true });
  const backend = await startBackend();
  console.log(`${iterations} iterations each, on the ${backend} backend.`);
  const rows: Row[] = [];
  for (const sampler of [...Object.keys(negatives), FLOW]) {
    for (const seed of seeds) rows.push(await train(sampler, seed, iterations));
  }
  writeFileSync(join(out, "results.json"), `${JSON.stringify({ backend, iterations, rows }, undefined, 2)}\n`);
  console.table(rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, v]) => [name, shorten(v)]))));
  console.log(`Everything is in ${out}.`);
}

function shorten<T>(value: T): T | number {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

await main();
