/** Holds annealed importance sampling against normalisers that are known. See README.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isAvailable } from "@jem-js/native";
import { key } from "@jem-js/random";
import { annealedImportanceSampling, reverseAnnealedImportanceSampling } from "@jem-js/samplers";
import * as tf from "@tensorflow/tfjs";
import { type Case, gaussianCase, machineCase, trainedCase } from "./src/cases.ts";

const usage = `Prints the exact log Z of models beside its estimates by annealed importance sampling and its reverse.

Usage: npm start --workspace @jem-js-examples/log_likelihood -- [options]

  --seed N          the seed of models and chains (default 0)
  --temperatures N  how many temperatures the chains pass (default 1000)
  --chains N        how many chains (default 200)
  --iterations N    how long the machine of digits is trained (default 2000)
  --smoke           20 temperatures, 20 chains and 10 iterations, to see that it works; nothing is judged
  --out FOLDER      where results.json goes (default runs/log_likelihood-<time>)`;

/** What came out of one model. */
interface Row {
  readonly model: string;
  readonly exact: number;
  /** The mean of the logarithms of the weights: below the truth on average, however bad the chains. */
  readonly lower: number;
  readonly forward: number;
  readonly forwardError: number;
  readonly reverse: number;
  readonly reverseError: number;
  /** The same of the way back: above the truth on average. */
  readonly upper: number;
  /** How many chains those of both directions are worth, the fewer of the two. */
  readonly effective: number;
  /** Whether the truth is within the bounds and, where at least ten chains count, within four standard errors. */
  readonly passes: boolean;
}

async function estimate(one: Case, options: { temperatures: number; chains: number; seed: number }): Promise<Row> {
  const { seed, temperatures, chains } = options;
  const forward = await annealedImportanceSampling(one.path, { key: key(seed), temperatures, chains });
  const samples = one.sample(key(seed + 1), chains);
  const reverse = await reverseAnnealedImportanceSampling(one.path, samples, { key: key(seed + 2), temperatures });
  tf.dispose([samples, forward.x, reverse.x]);
  const { exact } = one;
  const [low, high] = [moments(forward.logWeights), moments(reverse.logWeights)];
  const effective = Math.min(forward.effectiveSampleSize, reverse.effectiveSampleSize);
  const isBracketed = low.mean - 4 * low.error <= exact && exact <= high.mean + 4 * high.error;
  const isNear = [forward, reverse].every(
    ({ logNormalizer, standardError }) => Math.abs(logNormalizer - exact) <= 4 * standardError,
  );
  return {
    model: one.name,
    exact,
    lower: low.mean,
    forward: forward.logNormalizer,
    forwardError: forward.standardError,
    reverse: reverse.logNormalizer,
    reverseError: reverse.standardError,
    upper: high.mean,
    effective,
    passes: isBracketed && (isNear || effective < 10),
  };
}

function moments(values: Float64Array): { mean: number; error: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return { mean, error: Math.sqrt(variance / values.length) };
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

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "0" },
      temperatures: { type: "string" },
      chains: { type: "string" },
      iterations: { type: "string" },
      smoke: { type: "boolean", default: false },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const options = {
    seed: readCount("--seed", values.seed, 0),
    temperatures: readCount("--temperatures", values.temperatures ?? (values.smoke ? "20" : "1000"), 2),
    chains: readCount("--chains", values.chains ?? (values.smoke ? "20" : "200"), 1),
  };
  const iterations = readCount("--iterations", values.iterations ?? (values.smoke ? "10" : "2000"), 0);
  const out =
    values.out ?? join("runs", `log_likelihood-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);
  const { temperatures, chains } = options;
  console.log(`${chains} chains over ${temperatures} temperatures, on the ${await startBackend()} backend.`);
  const rows: Row[] = [];
  const add = async (one: Case): Promise<Row> => {
    rows.push(await estimate(one, options));
    return rows.at(-1)!;
  };
  await add(gaussianCase(2));
  await add(gaussianCase(50));
  await add(await machineCase("bernoulli", options.seed));
  await add(await machineCase("gaussian", options.seed));
  const digits = await trainedCase(options.seed, iterations);
  const { exact, forward, reverse } = await add(digits);
  console.table(rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, shorten(v)]))));
  const likelihoods = {
    exact: digits.meanDensity - exact,
    fromForward: digits.meanDensity - forward,
    fromReverse: digits.meanDensity - reverse,
  };
  console.log("The mean log p(x) of the test digits, in nats, with each log Z:");
  console.table(Object.fromEntries(Object.entries(likelihoods).map(([k, v]) => [k, shorten(v)])));
  mkdirSync(out, { recursive: true });
  writeFileSync(
    join(out, "results.json"),
    `${JSON.stringify({ ...options, iterations, rows, likelihoods }, undefined, 2)}\n`,
  );
  console.log(`Everything is in ${out}.`);
  const wrong = rows.filter(({ passes }) => !passes);
  if (wrong.length === 0) console.log("Every exact value is where the estimates say.");
  else console.log(`The estimates are wrong: ${wrong.map(({ model }) => model).join(", ")}.`);
  return wrong.length === 0 || values.smoke ? 0 : 1;
}

function shorten<T>(value: T): T | number {
  return typeof value === "number" ? Number(value.toFixed(3)) : value;
}

process.exitCode = await main();
