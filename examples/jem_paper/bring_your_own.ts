/** Wraps a user's classifier and fine-tunes it as a JEM. See README.md. */
import { batchTensor, interpolateImages } from "@jem-js/data";
import { accuracy, auroc, expectedCalibrationError } from "@jem-js/metrics";
import { foldIn } from "@jem-js/random";
import type * as tf from "@tensorflow/tfjs";
import { bring } from "./src/brought.ts";
import type { Context } from "./src/context.ts";
import { readParts } from "./src/data.ts";
import { experiment } from "./src/experiment.ts";
import { type Images, readRows } from "./src/read_rows.ts";

const BINS = 20;

await experiment({
  name: "bring_your_own",
  claim: "A classifier that somebody has trained can be read as an energy-based model, and fine-tuned as a JEM.",
  async measure(context) {
    const { data, effort } = context;
    const inside = { dataset: data.test, count: effort.images };
    const outside = await outsideOf(context);
    const labels = data.test.labels.subarray(0, effort.images);
    const figures: Record<string, number> = {};
    for (const [name, head] of Object.entries(await bring(context))) {
      const rows = await readRows(inside, (x) => head.probabilities(x));
      Object.assign(figures, {
        [`${name}: accuracy`]: accuracy(rows, labels),
        [`${name}: ECE`]: expectedCalibrationError(rows, labels, { bins: BINS }),
      });
      const scores: Record<string, (x: tf.Tensor) => tf.Tensor> = {
        "log p(x)": (x) => head.logDensity(x),
        "max p(y|x)": (x) => head.probabilities(x).max(1),
      };
      for (const [score, scoreOf] of Object.entries(scores)) {
        const [typical, other] = [await readRows(inside, scoreOf), await readRows(outside, scoreOf)];
        figures[`${name}: AUROC by ${score}`] = auroc(typical.data, other.data);
      }
    }
    return figures;
  },
});

/** Images of another kind: digits for clothes and the other way round, for others the paper's averages of two test images. */
async function outsideOf({ data, effort, key, dataFolder }: Context): Promise<Images> {
  const other = ({ mnist: "fashion-mnist", "fashion-mnist": "mnist" } as const)[data.name as "mnist"];
  if (other) return { dataset: (await readParts(other, dataFolder)).test, count: effort.images };
  const count = Math.min(effort.images, 1000, data.test.size);
  const { x, labels } = batchTensor(
    data.test,
    Int32Array.from({ length: count }, (_, i) => i),
  );
  labels.dispose();
  const images = interpolateImages(foldIn(key, 20), x);
  x.dispose();
  return images as tf.Tensor4D;
}
