/** Hybrid modelling: table 1 of the paper, and samples as in its figures 2 and 3. See README.md. */
import { accuracy } from "@jem-js/metrics";
import { foldIn } from "@jem-js/random";
import { classGrid, sampleGrid } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import type { Context } from "./src/context.ts";
import { experiment } from "./src/experiment.ts";
import { type Extractor, extractorOf } from "./src/extractor.ts";
import { table1 } from "./src/models.ts";
import type { Network } from "./src/networks.ts";
import { readRows } from "./src/read_rows.ts";
import { drawSamples, perClass } from "./src/samples.ts";

await experiment({
  name: "hybrid",
  claim:
    "One network classifies like a classifier and generates images; the ablations that drop log p(y|x) lose accuracy.",
  async measure(context) {
    const { data, effort } = context;
    const test = { dataset: data.test, count: effort.images };
    const extractor = await extractorOf(context);
    const figures: Record<string, number> = {};
    for (const [name, { spec, chains }] of Object.entries(table1)) {
      const network = await context.network(spec);
      const probabilities = await readRows(test, (x) => network.head.probabilities(x));
      figures[`${name}: accuracy`] = accuracy(probabilities, data.test.labels.subarray(0, effort.images));
      if (chains) Object.assign(figures, await judgeSamples(context, extractor, name, network, chains));
    }
    const { FID, IS } = await extractor.judge({ dataset: data.validation, count: effort.samples });
    return { ...figures, "data: FID": FID, "data: IS": IS };
  },
});

/** Generates from a network, draws grids and judges the images. */
async function judgeSamples(
  context: Context,
  extractor: Extractor,
  name: string,
  { name: folder, head, settings }: Network,
  chains: "marginal" | "classes",
): Promise<Record<string, number>> {
  const { data, effort, key, seed, signal } = context;
  const options = { count: effort.samples, steps: effort.sampleSteps, shape: data.shape, signal };
  const labels = Int32Array.from({ length: effort.samples }, (_, i) => i % data.classes);
  const isConditional = chains === "classes";
  const images = await drawSamples(head, settings, {
    ...options,
    key: foldIn(key, 10),
    ...(isConditional && { labels }),
  });
  const { FID, IS } = await extractor.judge(images);
  const values = await images.data<"float32">();
  const drawn = Math.min(100, effort.samples);
  context.figure(
    `${folder}_samples`,
    sampleGrid(values.subarray(0, (drawn * values.length) / effort.samples), [drawn, ...data.shape], { scale: 2 }),
  );
  images.dispose();
  if (name === "JEM") {
    // Figure 2: chains of p(x|y), which the JEM was not trained with.
    const few = { ...options, count: Math.min(100, effort.samples), labels, key: foldIn(key, 11) };
    const at = await drawSamples(head, settings, few);
    const shown = perClass(labels.subarray(0, few.count), data.classes, 10);
    const grid = await tf.tidy(() => tf.gather(at, shown)).data();
    const shape = [shown.length, ...data.shape];
    const { classNames } = data;
    context.figure("jem_classes", classGrid(grid, shape, { labels: shown.map((i) => labels[i]!), classNames, seed }));
    at.dispose();
  }
  return { [`${name}: FID`]: FID, [`${name}: IS`]: IS };
}
