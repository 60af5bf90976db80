/**
 * How long training waits for images of a folder: joint training of the `base` convNet on 32 x 32 x 3, batch 64, on the native
 * backend, with batches decoded where they are asked for and in threads ahead of their use, alternately.
 *
 * node --import tsx --conditions=@jem-js/source bench/image_stream.ts FOLDER [--iterations 20] [--steps 20] [--workers 1]
 *
 * FOLDER has a folder of PNG or JPEG files for each class.
 */
import { parseArgs } from "node:util";
import { batches, type PlacedBatch } from "@jem-js/data";
import { type ImageFiles, listImageFolder, readImages, streamImages } from "@jem-js/data/node";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import "@jem-js/native";
import { foldIn, key, permutationValues, split } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { fit, jemProcedure } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";
import { median, row } from "./_measure.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    iterations: { type: "string", default: "20" },
    steps: { type: "string", default: "20" },
    workers: { type: "string", default: "1" },
  },
});
const iterations = Number(values.iterations);
const [forOrder, forWeights, forBuffer, forTraining] = split(key(0), 4);
const shape = { size: 32, channels: 3 } as const;
const batch = { key: forOrder!, batchSize: 64 };

await tf.setBackend("native");
tf.enableProdMode();
const files = await listImageFolder(positionals[0] ?? ".");
const SOURCES: Record<string, () => AsyncIterable<PlacedBatch> | Iterable<PlacedBatch>> = {
  "decoded when asked for": () => decodedInTurn(files),
  [`streamImages, ${values.workers} threads`]: () =>
    streamImages(files, { ...batch, ...shape, workers: Number(values.workers) }),
};
const times = new Map(Object.keys(SOURCES).map((name) => [name, { waits: [] as number[], whole: [] as number[] }]));
for (let round = 0; round < 2; round++) {
  for (const [name, source] of Object.entries(SOURCES)) {
    const { waits, whole } = times.get(name)!;
    const started = performance.now();
    await train(timed(source(), waits));
    whole.push((performance.now() - started) / iterations);
  }
}
console.log(row(["batches", "ms an iteration", "of it waiting, median", "longest but the first"]));
console.log(row(["---", "---", "---", "---"]));
for (const [name, { waits, whole }] of times) {
  // The first batch of a round cannot be there before anybody asked for it.
  const later = waits.filter((_, i) => i % iterations !== 0);
  console.log(row([name, median(whole).toFixed(0), median(later).toFixed(2), Math.max(...later).toFixed(2)]));
}

async function train(source: AsyncIterable<PlacedBatch>): Promise<void> {
  const model = convNet(forWeights!, {
    ...convNetPresets.base,
    inputShape: [32, 32, 3],
    classes: files.classNames.length,
  });
  const head = energyHead(model);
  const kernel = sgld(head, { stepSize: 1, noiseScale: 0.01, clamp: [-1, 1] });
  const buffer = replayBuffer({ key: forBuffer!, size: 1000, shape: [32, 32, 3] });
  const procedure = jemProcedure(head, { kernel, buffer, steps: Number(values.steps), energyL2: 1 });
  const optimizer = tf.train.adam(1e-4);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  // biome-ignore lint/suspicious/noFocusedTests: the training loop
  await fit(procedure, source, { optimizer, variables, iterations, key: forTraining! });
  buffer.dispose();
  optimizer.dispose();
  model.dispose();
}

/** The same batches, and how long each was waited for. */
async function* timed(
  source: AsyncIterable<PlacedBatch> | Iterable<PlacedBatch>,
  waits: number[],
): AsyncGenerator<PlacedBatch> {
  let asked = performance.now();
  for await (const next of source) {
    waits.push(performance.now() - asked);
    yield next;
    asked = performance.now();
  }
}

/** The batches of `streamImages`, decoded in this thread when they are asked for. */
async function* decodedInTurn({ paths, labels, classNames }: ImageFiles): AsyncGenerator<PlacedBatch> {
  const order = permutationValues(foldIn(batch.key, 0), paths.length);
  for (let index = 0; ; index++) {
    const rows = Array.from({ length: 64 }, (_, i) => order[(64 * index + i) % paths.length]!);
    const some = { paths: rows.map((i) => paths[i]!), labels: Int32Array.from(rows, (i) => labels[i]!), classNames };
    const [only] = batches(await readImages(some, shape), { ...batch, epochs: 1 });
    yield { ...only!, index };
  }
}
