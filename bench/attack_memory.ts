// Memory under 10,000 steps of the boundary attack on @jem-js/native:
//   npx tsx --expose-gc --conditions=@jem-js/source bench/attack_memory.ts [--steps 10000] [--images 4]
// After every tenth of the steps, and a collection of garbage: the tensors and their bytes, the memory of the process and the heap.
import { parseArgs } from "node:util";
import { boundary } from "@jem-js/attacks";
import { convNet, convNetPresets } from "@jem-js/models";
import { key, uniform } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import "@jem-js/native";
import { row } from "./_measure.ts";

const { values: options } = parseArgs({
  options: { steps: { type: "string", default: "10000" }, images: { type: "string", default: "4" } },
});
const [steps, images] = [Number(options.steps), Number(options.images)];
tf.enableProdMode();
await tf.setBackend("native");

const model = convNet(key(0), { ...convNetPresets.small, inputShape: [28, 28, 1], classes: 10 });
const x = tf.mul(uniform(key(1), [images, 28, 28, 1]), 0.3);
const starts = tf.add(tf.mul(uniform(key(2), [images, 28, 28, 1]), 0.3), 0.7);
// Halfway, the logits of the images and of the starts part.
const bias = model.trainableWeights.at(-1)!.read() as tf.Variable;
const [low, high] = [x, starts].map((at) => tf.mean(model.predict(at) as tf.Tensor, 0));
bias.assign(tf.sub(bias, tf.div(tf.add(low!, high!), 2)));
const labels = [...((await tf.argMax(model.predict(x) as tf.Tensor, 1).data()) as Int32Array)];

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
console.log(row(["step", "tensors", "tensors MB", "process MB", "heap MB"]));
console.log(row(["---", "---", "---", "---", "---"]));
let next = 0;
const found = await boundary(model, x, labels, {
  key: key(3),
  steps,
  starts,
  convergence: Number.MIN_VALUE,
  onProgress: ({ step }) => {
    if (step < next) return;
    next += steps / 10;
    globalThis.gc?.();
    const { numTensors, numBytes } = tf.memory();
    const { rss, heapUsed } = process.memoryUsage();
    console.log(row([step, numTensors, megabytes(numBytes), megabytes(rss), megabytes(heapUsed)]));
  },
});
console.log(`\n${found.success.filter(Boolean).length} of ${images} broken; queries ${[...found.queries].join(", ")}`);
