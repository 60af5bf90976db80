/** Calibration of a JEM and of a cross-entropy control: figure 4 of the paper. See README.md. */
import {
  accuracy,
  brierScore,
  expectedCalibrationError,
  negativeLogLikelihood,
  reliabilityBins,
  temperatureScaling,
} from "@jem-js/metrics";
import { reliabilityDiagram } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import { experiment } from "./src/experiment.ts";
import { bothOf } from "./src/models.ts";
import { readRows } from "./src/read_rows.ts";

const BINS = 20; // the paper's figure has as many

await experiment({
  name: "calibration",
  claim: "A JEM is better calibrated than the same classifier trained by cross-entropy alone.",
  async measure(context) {
    const { data, effort, seed } = context;
    const { validation, test } = data;
    const labels = test.labels.subarray(0, effort.images);
    const figures: Record<string, number> = {};
    const series = [];
    for (const [name, { head }] of Object.entries(await bothOf(context))) {
      const logits = await readRows({ dataset: test, count: effort.images }, (x) => head.logits(x));
      const held = await readRows({ dataset: validation, count: validation.size }, (x) => head.logits(x));
      const scaling = temperatureScaling(held, validation.labels);
      const unscaled = tf.tidy(() => tf.softmax(tf.tensor2d(logits.data, [...logits.shape])));
      const plain = { ...logits, data: await unscaled.data<"float32">() };
      unscaled.dispose();
      for (const [suffix, probabilities] of [
        ["", plain],
        [", scaled", scaling.transform(logits)],
      ] as const) {
        const bins = reliabilityBins(probabilities, labels, { bins: BINS });
        series.push({ name: `${name}${suffix}`, bins });
        Object.assign(figures, {
          [`${name}: ECE${suffix}`]: expectedCalibrationError(probabilities, labels, { bins: BINS }),
          [`${name}: NLL${suffix}`]: negativeLogLikelihood(probabilities, labels, { epsilon: 1e-12 }),
          [`${name}: Brier score${suffix}`]: brierScore(probabilities, labels),
        });
      }
      figures[`${name}: accuracy`] = accuracy(plain, labels);
      figures[`${name}: temperature`] = scaling.temperature;
    }
    context.figure("reliability", reliabilityDiagram(series, { seed }));
    return figures;
  },
});
