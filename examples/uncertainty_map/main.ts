/** Segments scenes of digits, some of them unknown, and draws where the network is uncertain. See README.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { auroc } from "@jem-js/metrics";
import { foldIn, type Key, key, split } from "@jem-js/random";
import { toPng, uncertaintyMap } from "@jem-js/report";
import { type CategoricalSummary, mcBatchNorm, predict, summarize } from "@jem-js/uncertainty";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "./src/backend.ts";
import { fullyConvolutional, imagesOf, trainSegmentation } from "./src/network.ts";
import { classNames, makeScenes, readDigits, type Scenes, SIDE } from "./src/scenes.ts";

const usage = `Segments scenes of digits, some of them unknown, and draws where the network is uncertain.

Usage: npm start --workspace @jem-js-examples/uncertainty_map -- [options]

  --seed N         seed of everything random (default 0)
  --iterations N   training iterations of 32 scenes (default 400)
  --samples N      samples of a prediction (default 30)
  --scenes N       scenes that are measured (default 200)
  --backend NAME   native, wasm or cpu (default: native where it is installed, else wasm)
  --out FOLDER     where results.json and the figures go (default runs/uncertainty_map-<time>)
  --smoke          in seconds, to see that everything works`;

/** The measures that are drawn and compared, by name: larger is less certain. */
const MEASURES: Readonly<Record<string, (summary: CategoricalSummary) => tf.Tensor>> = {
  "mutual information": ({ epistemic }) => epistemic,
  variance: ({ variance }) => variance,
  entropy: ({ total }) => total,
  "1 - max p": ({ maxProbability }) => tf.sub(1, maxProbability),
};

/** What the measures are worth on some scenes. */
async function measure(scenes: Scenes, predictions: ArrayLike<number>, maps: Record<string, ArrayLike<number>>) {
  const pixels = Array.from(scenes.labels, (_, i) => i);
  const known = pixels.filter((i) => scenes.labels[i]! > 0);
  const isRight = (i: number): boolean => predictions[i] === scenes.labels[i];
  const table = Object.entries(maps).map(([name, map]) => {
    const of = (wanted: (i: number) => boolean, from = pixels): number[] => from.filter(wanted).map((i) => map[i]!);
    const unknownFrom = (part: number[]): number =>
      auroc(
        of((i) => scenes.labels[i]! < 0, part),
        of((i) => scenes.labels[i]! > 0, part),
      );
    const scene = (n: number): number[] => pixels.slice(n * SIDE * SIDE, (n + 1) * SIDE * SIDE);
    const each = Array.from({ length: scenes.count }, (_, n) => unknownFrom(scene(n)));
    return {
      measure: name,
      wrong: auroc(
        of((i) => !isRight(i), known),
        of(isRight, known),
      ),
      unknown: unknownFrom(pixels),
      unknownInAScene: each.reduce((a, b) => a + b, 0) / each.length,
    };
  });
  return { accuracy: known.filter(isRight).length / known.length, table };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "0" },
      iterations: { type: "string" },
      samples: { type: "string", default: "30" },
      scenes: { type: "string", default: "200" },
      backend: { type: "string" },
      out: { type: "string" },
      smoke: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const iterations = Number(values.iterations ?? (values.smoke ? 10 : 400));
  const [samples, count] = values.smoke ? [5, 8] : [Number(values.samples), Number(values.scenes)];
  const batchSize = values.smoke ? 8 : 32;
  const backend = await startBackend(values.backend);
  const out =
    values.out ?? join("runs", `uncertainty_map-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);
  mkdirSync(out, { recursive: true });
  console.log(`${backend} backend; everything goes to ${out}`);

  const [weights, order, training, testing, draws] = split(key(Number(values.seed)), 5) as [Key, Key, Key, Key, Key];
  const train = makeScenes(training, await readDigits("train"), values.smoke ? 200 : 8000, false);
  const test = makeScenes(testing, await readDigits("t10k"), count, true);
  const model = fullyConvolutional(weights);
  const onLoss = (iteration: number, loss: number): void =>
    console.log(`  iteration ${iteration}: loss ${loss.toFixed(4)}`);
  await trainSegmentation(model, train, { key: order, iterations, batchSize, onLoss });

  const inputs = imagesOf(train);
  const network = mcBatchNorm(model, inputs, { batchSize });
  const x = imagesOf(test);
  const prediction = await predict(network, x, { key: foldIn(draws, 0), samples, output: "logits", batchSize: 50 });
  const summary = summarize(prediction);
  const predictions = await tf.argMax(summary.mean, -1).data();
  const maps: Record<string, ArrayLike<number>> = {};
  for (const [name, of] of Object.entries(MEASURES)) maps[name] = await of(summary).data();
  const { accuracy, table } = await measure(test, predictions, maps);
  console.log(`Of the pixels of known digits, ${(100 * accuracy).toFixed(1)} % have the right class.`);
  console.table(table);

  const shown = Math.min(5, count);
  const first = (values: ArrayLike<number>): number[] => Array.from(values).slice(0, shown * SIDE * SIDE);
  for (const [name, map] of Object.entries(maps)) {
    const figure = {
      images: first(test.images),
      shape: [shown, SIDE, SIDE, 1],
      predictions: first(predictions),
      labels: first(test.labels),
      uncertainties: first(map),
    };
    const title = "MCBN: where the network is uncertain";
    const svg = uncertaintyMap(figure, { classNames, uncertaintyLabel: name, title, range: [0, 1] });
    const path = join(out, name.replaceAll(/[^a-z0-9]+/g, "_"));
    writeFileSync(`${path}.svg`, svg);
    writeFileSync(`${path}.png`, toPng(svg));
  }
  const results = { backend, seed: Number(values.seed), iterations, samples, scenes: count, accuracy, table };
  writeFileSync(join(out, "results.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(`Everything is in ${out}.`);
  network.dispose();
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
