/**
 * What predictions of 10,000 images of MNIST's shape by 30 samples cost, in forward passes of the same network over the same images,
 * alternately: MC batch normalisation (with the batches that its statistics come from), MC dropout. The network: convolutions of 12 and
 * 24 filters and a dense layer of 64, each with batch normalisation, and dropout before the logits.
 *
 * node --import tsx --conditions=@jem-js/source bench/uncertainty.ts [--rounds 5] [--images 10000] [--samples 30]
 */
import { parseArgs } from "node:util";
import { isAvailable } from "@jem-js/native";
import { key, uniform } from "@jem-js/random";
import { mcBatchNorm, mcDropout, predict, type StochasticNetwork, summarize } from "@jem-js/uncertainty";
import * as tf from "@tensorflow/tfjs";
import { row } from "./_measure.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    images: { type: "string", default: "10000" },
    samples: { type: "string", default: "30" },
  },
});
const [rounds, images, samples] = [options.rounds, options.images, options.samples].map(Number) as [
  number,
  number,
  number,
];
const BATCH = 500;

tf.enableProdMode();
await tf.setBackend(isAvailable() ? "native" : "cpu");
const model = tf.sequential({
  layers: [
    tf.layers.conv2d({ filters: 12, kernelSize: 5, strides: 2, useBias: false, inputShape: [28, 28, 1] }),
    tf.layers.batchNormalization(),
    tf.layers.reLU(),
    tf.layers.conv2d({ filters: 24, kernelSize: 3, strides: 2, useBias: false }),
    tf.layers.batchNormalization(),
    tf.layers.reLU(),
    tf.layers.flatten(),
    tf.layers.dense({ units: 64, useBias: false }),
    tf.layers.batchNormalization(),
    tf.layers.reLU(),
    tf.layers.dropout({ rate: 0.3 }),
    tf.layers.dense({ units: 10 }),
  ],
});
const x = uniform<tf.Rank.R4>(key(0), [images, 28, 28, 1]);

/** A forward pass over all images, and the reading of its probabilities. */
async function forward(): Promise<void> {
  for (let start = 0; start < images; start += BATCH) {
    const probabilities = tf.tidy(() => {
      const logits = model.apply(tf.slice(x, [start], [Math.min(BATCH, images - start)])) as tf.Tensor;
      return tf.softmax(logits);
    });
    await probabilities.data();
    probabilities.dispose();
  }
}

/** All samples of all images, and the reading of what they are summarised by. */
async function sample(network: StochasticNetwork): Promise<void> {
  const prediction = await predict(network, x, { key: key(1), samples, output: "logits", batchSize: BATCH });
  const summary = summarize(prediction);
  await summary.epistemic.data();
  network.dispose(); // The statistics of MCBN are drawn anew each time.
  tf.dispose([prediction, summary]);
}

const subjects: Record<string, () => Promise<void>> = {
  forward,
  mcBatchNorm: () => sample(mcBatchNorm(model, x, { batchSize: 128 })),
  mcDropout: () => sample(mcDropout(model)),
};
const times: Record<string, number[]> = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
// The first round warms up.
for (let round = -1; round < rounds; round++) {
  for (const [name, body] of Object.entries(subjects)) {
    const start = performance.now();
    await body();
    if (round >= 0) times[name]!.push(performance.now() - start);
  }
}
console.log(`${tf.getBackend()} backend, ${images} images, ${samples} samples`);
console.log(row(["subject", "ms", "forward passes"]));
console.log(row(["---", "---", "---"]));
// The least of the rounds: what other work on the machine adds is not a part of it.
const least = (name: string): number => Math.min(...times[name]!);
for (const name of Object.keys(subjects)) {
  console.log(row([name, least(name).toFixed(0), (least(name) / least("forward")).toFixed(1)]));
}
