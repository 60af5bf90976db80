/** Accuracy against the number of labels, with log p(x) of all images and without. See README.md. */
import { balancedSubset } from "@jem-js/data";
import { accuracy, expectedCalibrationError, negativeLogLikelihood } from "@jem-js/metrics";
import { foldIn, key } from "@jem-js/random";
import { learningCurve } from "@jem-js/report";
import type { Context } from "./src/context.ts";
import { experiment } from "./src/experiment.ts";
import { shared } from "./src/models.ts";
import type { NetworkSpec } from "./src/networks.ts";
import { readRows } from "./src/read_rows.ts";
import { type Figures, summarizeAll } from "./src/summary.ts";

/** How many images of each class have a label. */
const PER_CLASS = { small: [10, 30, 100], paper: [4, 40, 400], smoke: [5, 10] };
const BINS = 20;

await experiment({
  name: "semi_supervised",
  claim: "Where few images have labels, log p(x) of all images makes the classifier better.",
  async measure(context) {
    const { data, effort, scale } = context;
    const labels = data.test.labels.subarray(0, effort.images);
    const figures: Record<string, number> = {};
    for (const perClass of PER_CLASS[scale]) {
      for (const [name, spec] of Object.entries(shared)) {
        const { head } = await context.network(withLabels(spec, perClass, context));
        const rows = await readRows({ dataset: data.test, count: effort.images }, (x) => head.probabilities(x));
        const count = perClass * data.classes;
        Object.assign(figures, {
          [`${name}: accuracy, ${count} labels`]: accuracy(rows, labels),
          [`${name}: ECE, ${count} labels`]: expectedCalibrationError(rows, labels, { bins: BINS }),
          [`${name}: NLL, ${count} labels`]: negativeLogLikelihood(rows, labels, { epsilon: 1e-12 }),
        });
      }
    }
    return figures;
  },
  draw: (seeds, { scale, seeds: seed }) => ({
    accuracy: curve("accuracy", seeds, PER_CLASS[scale], seed),
    ece: curve("ECE", seeds, PER_CLASS[scale], seed),
  }),
});

/** A network of `perClass` labels of each class: those of fewer are among those of more. */
function withLabels(spec: NetworkSpec, perClass: number, { data, seed, settings }: Context): NetworkSpec {
  if (perClass === settings.labelsPerClass) return spec;
  const labeled = balancedSubset(foldIn(key(seed), 100), data.train, { perClass, classes: data.classes });
  return { ...spec, name: `${spec.name}_${perClass}`, labeled, settings: { labelsPerClass: perClass } };
}

/** A figure of all seeds against the number of labels. */
function curve(
  metric: "accuracy" | "ECE",
  seeds: readonly Figures[],
  perClass: readonly number[],
  seed: readonly number[],
): string {
  const summaries = summarizeAll(seeds);
  const sizes = perClass.map((count) => count * 10);
  const series = Object.keys(shared).map((name) => {
    const points = sizes.map((size) => summaries[`${name}: ${metric}, ${size} labels`]!);
    const intervals = points.map(({ mean, margin = 0 }) => ({
      lower: Math.max(0, mean - margin),
      upper: Math.min(1, mean + margin),
    }));
    return { name, sizes, values: points.map(({ mean }) => mean), ...(seeds.length > 1 && { intervals }) };
  });
  return learningCurve(series, { metric, title: "Few labels", seed });
}
