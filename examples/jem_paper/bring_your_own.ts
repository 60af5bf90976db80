/** Wraps a user's classifier and fine-tunes it as a JEM. See README.md. */
import { accuracy, auroc, expectedCalibrationError } from "@jem-js/metrics";
import { scoreHistogram } from "@jem-js/report";
import type * as tf from "@tensorflow/tfjs";
import { bring } from "./src/brought.ts";
import { experiment } from "./src/experiment.ts";
import { outSets } from "./src/out_sets.ts";
import { readRows } from "./src/read_rows.ts";

const BINS = 20;

await experiment({
  name: "bring_your_own",
  claim: "A classifier that somebody has trained can be read as an energy-based model, and fine-tuned as a JEM.",
  async measure(context) {
    const { data, effort, seed } = context;
    const test = { dataset: data.test, count: effort.images };
    const sets = await outSets(context);
    const [[outLabel, outside]] = Object.entries(sets.outside) as [[string, tf.Tensor4D]];
    const labels = data.test.labels.subarray(0, effort.images);
    const figures: Record<string, number> = {};
    const panels = [];
    for (const [name, head] of Object.entries(await bring(context))) {
      const rows = await readRows(test, (x) => head.probabilities(x));
      Object.assign(figures, {
        [`${name}: accuracy`]: accuracy(rows, labels),
        [`${name}: ECE`]: expectedCalibrationError(rows, labels, { bins: BINS }),
      });
      const scores: Record<string, (x: tf.Tensor) => tf.Tensor> = {
        "log p(x)": (x) => head.logDensity(x),
        "max p(y|x)": (x) => head.probabilities(x).max(1),
      };
      for (const [score, scoreOf] of Object.entries(scores)) {
        const [typical, other] = [await readRows(sets.inside, scoreOf), await readRows(outside, scoreOf)];
        figures[`${name}: AUROC by ${score}`] = auroc(typical.data, other.data);
        if (score === "log p(x)") panels.push({ name, inScores: typical.data, outScores: other.data });
      }
    }
    const title = "log p(x) of a network that was brought, and of what became of it";
    context.figure("scores", scoreHistogram(panels, { seed, title, inLabel: data.name, outLabel }));
    sets.dispose();
    return figures;
  },
});
