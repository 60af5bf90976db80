/** Robustness of a JEM, refined and not, and of a cross-entropy control: figures 5 and 6 of the paper. See README.md. */
import { attackModel, boundary, distalAdversarials, pointwise, robustAccuracy } from "@jem-js/attacks";
import { batchTensor } from "@jem-js/data";
import { foldIn } from "@jem-js/random";
import { classGrid } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import type { Context } from "./src/context.ts";
import { experiment } from "./src/experiment.ts";
import { extractorOf } from "./src/extractor.ts";
import { curveFigure, meanCurve } from "./src/mean_curves.ts";
import { bothOf } from "./src/models.ts";
import type { Network } from "./src/networks.ts";
import { refinedAccuracies, scaling, type Targets } from "./src/refinement.ts";

/** Radii on pixels in [0, 1], by norm: those of the paper for its images, larger ones for those of 28 x 28 with one channel. */
const radii = {
  grey: { linf: [0, 0.02, 0.05, 0.1], l2: [0, 0.5, 1, 1.5] },
  colour: { linf: [0, 2 / 255, 8 / 255, 16 / 255], l2: [0, 0.25, 0.5, 1] },
} as const;

await experiment({
  name: "robustness",
  claim: "A JEM withstands attacks better than a classifier does, most of all when it refines its inputs first.",
  async measure(context) {
    const networks = await bothOf(context);
    const figures: Record<string, number> = {};
    for (const norm of ["linf", "l2"] as const) Object.assign(figures, await attackInBalls(context, networks, norm));
    for (const [name, network] of Object.entries(networks)) {
      Object.assign(figures, await attackByDecisions(context, name, network));
    }
    return { ...figures, ...(await makeDistals(context, networks)) };
  },
  draw(measured, { seeds, effort }) {
    const options = { names: ["JEM", "control", "JEM-1", "JEM-10"], seeds, n: effort.attacked };
    return { curve_linf: meanCurve(measured, "linf", options), curve_l2: meanCurve(measured, "l2", options) };
  },
});

/** The first test images on `[0, 1]`. */
function targetsOf({ data }: Context, count: number): Targets {
  const { x, labels } = batchTensor(
    data.test,
    Int32Array.from({ length: count }, (_, i) => i),
  );
  const pixels = tf.tidy(() => tf.clipByValue(tf.mul(tf.add(x, 1), 0.5), 0, 1) as tf.Tensor4D);
  tf.dispose([x, labels]);
  return { x: pixels, labels: data.test.labels.slice(0, count) };
}

/** Accuracy against radius under PGD: of both networks as they are, and of the JEM with 1 and 10 steps of refinement. */
async function attackInBalls(
  context: Context,
  networks: Readonly<Record<string, Network>>,
  norm: "linf" | "l2",
): Promise<Record<string, number>> {
  const { effort, settings } = context;
  const epsilons = radii[context.data.shape[2] === 1 ? "grey" : "colour"][norm];
  const targets = targetsOf(context, effort.attacked);
  const key = foldIn(context.key, norm === "linf" ? 20 : 21);
  const series = [];
  for (const [name, { head }] of Object.entries(networks)) {
    const options = { norm, epsilons, steps: effort.attackSteps, key: foldIn(key, 0), batchSize: settings.batchSize };
    const { accuracies } = await robustAccuracy(attackModel(head, scaling), targets.x, targets.labels, options);
    series.push({ name, epsilons, accuracies });
  }
  for (const refinementSteps of [1, 10]) {
    const efforts = { attackSteps: Math.ceil(effort.attackSteps / 2), chains: 3 };
    const options = { ...efforts, key: foldIn(key, refinementSteps), norm, epsilons, refinementSteps };
    const accuracies = await refinedAccuracies(networks.JEM!, targets, options);
    series.push({ name: `JEM-${refinementSteps}`, epsilons, accuracies });
  }
  targets.x.dispose();
  return Object.fromEntries(
    series.flatMap(({ name, accuracies }) =>
      epsilons.map((epsilon, i) => [curveFigure(name, norm, epsilon), accuracies[i]!]),
    ),
  );
}

/** Median distances of attacks that see nothing but decisions. */
async function attackByDecisions(context: Context, name: string, { head }: Network): Promise<Record<string, number>> {
  const { effort, key } = context;
  const { x, labels } = targetsOf(context, effort.decided);
  const model = attackModel(head, scaling);
  const steps = 100 * effort.attackSteps;
  const results = {
    "boundary, median l2": await boundary(model, x, labels, { key: foldIn(key, 30), steps }),
    "pointwise, median l0": await pointwise(model, x, labels, { key: foldIn(key, 31), restarts: 1 }),
  };
  x.dispose();
  return Object.fromEntries(
    Object.entries(results).map(([attack, { distances, clipped, raw }]) => {
      tf.dispose([clipped, raw]);
      // Of images that are misclassified as they are the distance is 0.
      return [`${name}: ${attack}`, Float64Array.from(distances).sort()[distances.length >> 1]!];
    }),
  );
}

/** Images from noise of which the networks are sure, and how many of them the classifier of all labels takes for the same class. */
async function makeDistals(
  context: Context,
  networks: Readonly<Record<string, Network>>,
): Promise<Record<string, number>> {
  const { data, effort, seed } = context;
  const extractor = (await extractorOf(context)).network;
  const classes = Array.from({ length: data.classes }, (_, label) => label);
  const figures: Record<string, number> = {};
  for (const [name, { head }] of Object.entries(networks)) {
    const options = { key: foldIn(context.key, 40), shape: [...data.shape], steps: 50 * effort.attackSteps };
    const made = await distalAdversarials(attackModel(head, scaling), classes, options);
    const agreed = tf.tidy(() => tf.argMax(extractor.head.logits(tf.sub(tf.mul(made.clipped, 2), 1)), 1));
    const found = await agreed.data();
    const values = await made.clipped.data();
    const captions = Array.from(found, (label) => `is ${data.classNames[label]}`);
    const title = `Distal adversarials of the ${name}, and what another classifier takes them for`;
    const { classNames } = data;
    context.figure(
      `distal_${name.toLowerCase()}`,
      classGrid(values, made.clipped.shape, { labels: classes, classNames, captions, range: [0, 1], title, seed }),
    );
    figures[`${name}: distal, sure`] = made.success.filter(Boolean).length / classes.length;
    figures[`${name}: distal, agreed`] = found.filter((label, i) => label === classes[i]).length / classes.length;
    tf.dispose([made.clipped, made.raw, made.start, agreed]);
  }
  return figures;
}
