/** Imputes missing pixels by conditional sampling. See README.md. */
import { batchTensor } from "@jem-js/data";
import { accuracy } from "@jem-js/metrics";
import { foldIn } from "@jem-js/random";
import { sampleGrid } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import type { Context } from "./src/context.ts";
import { experiment } from "./src/experiment.ts";
import { fill, impute, masksOf, meanImage, meanOf, missingError, nearestImages } from "./src/imputation.ts";
import { bothOf } from "./src/models.ts";
import { kernelOf } from "./src/objectives.ts";
import { readRows } from "./src/read_rows.ts";

/** How many chains each image has, and how many images are shown. */
const STARTS = 4;
const SHOWN = 10;

await experiment({
  name: "inpainting",
  claim: "A JEM imputes missing pixels by sampling them given the others.",
  async measure(context) {
    const { data, effort, settings } = context;
    const networks = await bothOf(context);
    const { x, truth, labels } = await imagesOf(context);
    const figures: Record<string, number> = {};
    const average = meanImage(data.train);
    for (const [i, mask] of masksOf(data.shape).entries()) {
      const sampled = (name: keyof typeof networks, starts: number): Promise<Float32Array[]> =>
        impute(networks[name].head, x, mask, {
          key: foldIn(context.key, 10 + i),
          kernelOf: (model) => kernelOf(model, settings),
          steps: Math.ceil(effort.sampleSteps / 2),
          starts,
        });
      const [joint, control] = [await sampled("JEM", STARTS), await sampled("control", 1)];
      const imputed: Record<string, Float32Array> = {
        JEM: joint[0]!,
        control: control[0]!,
        [`JEM, mean of ${STARTS}`]: meanOf(joint),
        "nearest image": fill(truth, await nearestImages(x, data.train, mask), mask),
        "mean image": fill(truth, average, mask),
        "left black": fill(
          truth,
          average.map(() => -1),
          mask,
        ),
        "nothing missing": truth,
      };
      for (const [name, values] of Object.entries(imputed)) {
        figures[`${name}: RMSE, ${mask.name}`] = missingError(values, truth, mask);
        for (const [of, { head }] of Object.entries(networks)) {
          const images = tf.tensor4d(values, x.shape);
          const rows = await readRows(images, (batch) => head.probabilities(batch));
          figures[`${name}: accuracy of the ${of}, ${mask.name}`] = accuracy(rows, labels);
          images.dispose();
        }
      }
      const masked = fill(
        truth,
        average.map(() => 0),
        mask,
      );
      const shown = [truth, masked, joint[0]!, joint[1]!, imputed["nearest image"]!, imputed["mean image"]!];
      context.figure(mask.name.replace(" ", "_"), grid(shown, x.shape));
    }
    x.dispose();
    return figures;
  },
});

/** Test images of all classes, as a tensor and as values. */
async function imagesOf({
  data,
  effort,
}: Context): Promise<{ x: tf.Tensor4D; truth: Float32Array; labels: Int32Array }> {
  const count = Math.min(Math.ceil(effort.samples / 2), data.test.size);
  const { x, labels } = batchTensor(
    data.test,
    Int32Array.from({ length: count }, (_, i) => i),
  );
  labels.dispose();
  return { x, truth: await x.data<"float32">(), labels: data.test.labels.subarray(0, count) };
}

/** A row of images for each list of values. */
function grid(lists: readonly Float32Array[], [count, ...shape]: number[]): Uint8Array {
  const columns = Math.min(SHOWN, count!);
  const width = shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(lists.length * columns * width);
  for (const [row, list] of lists.entries()) values.set(list.subarray(0, columns * width), row * columns * width);
  return sampleGrid(values, [lists.length * columns, ...shape], { columns, scale: 2 });
}
