/** A Glow, whose density is exact: the row that the tables of the paper compare a JEM with. See flow.md. */
import { dequantize } from "@jem-js/data";
import { accuracy, auroc } from "@jem-js/metrics";
import { bitsPerDimension } from "@jem-js/models";
import { foldIn, type Key } from "@jem-js/random";
import { sampleGrid, scoreHistogram } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import { experiment } from "./src/experiment.ts";
import { levelWidth, trainFlow } from "./src/flows.ts";
import { outSets } from "./src/out_sets.ts";
import { type Images, readRows } from "./src/read_rows.ts";

await experiment({
  name: "flow",
  claim:
    "A flow knows log p(x) exactly, and with it p(y|x) by Bayes' rule; as a score of what is out of distribution it may fail.",
  async measure(context) {
    const { data, effort, key, seed } = context;
    const flow = await trainFlow(context);
    const figures: Record<string, number> = {};

    const test = { dataset: data.test, count: effort.images };
    const probabilities = await readRows(test, (x) => tf.softmax(flow.logits(spread(key, x))));
    figures["Glow: accuracy"] = accuracy(probabilities, data.test.labels.subarray(0, effort.images));

    const sets = await outSets(context);
    const densities = async (images: Images) => (await readRows(images, (x) => flow.logDensity(spread(key, x)))).data;
    const inside = await densities(sets.inside);
    const dimensions = data.shape.reduce((product, side) => product * side, 1);
    figures["Glow: bits per dimension"] = bitsPerDimension(inside, { dimensions, levelWidth });
    const panels = [];
    for (const [name, images] of Object.entries(sets.outside)) {
      const outside = await densities(images);
      figures[`Glow: bits per dimension, ${name}`] = bitsPerDimension(outside, { dimensions, levelWidth });
      figures[`Glow: log p(x), ${name}`] = auroc(inside, outside);
      panels.push({ name: `log p(x), ${name}`, inScores: inside, outScores: outside });
    }
    sets.dispose();
    context.figure(
      "scores_glow",
      scoreHistogram(panels, { seed, title: "Log-densities of the Glow", inLabel: data.name, outLabel: "other" }),
    );

    // Way out where no data are, a scale of the way back can grow without bound: such pixels are counted, and drawn black.
    const labels = Int32Array.from({ length: 100 }, (_, i) => i % data.classes);
    const samples = tf.tidy(() => tf.clipByValue(flow.sample(foldIn(key, 10), 100, labels), -1, 1));
    const pixels = await samples.data<"float32">();
    samples.dispose();
    const finite = pixels.map((value) => (Number.isFinite(value) ? value : -1));
    figures["Glow: pixels of samples without bound"] = pixels.filter(Number.isNaN).length / pixels.length;
    context.figure("glow_samples", sampleGrid(finite, [100, ...data.shape], { scale: 2 }));
    flow.dispose();
    return figures;
  },
});

/** Images as the flow takes them: with noise in their levels. */
function spread(key: Key, x: tf.Tensor4D): tf.Tensor4D {
  return dequantize(foldIn(key, 20), x);
}
