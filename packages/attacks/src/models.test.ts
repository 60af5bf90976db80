import { key } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import {
  additiveNoise,
  apgd,
  autoAttack,
  boundary,
  type Classifier,
  carliniWagner,
  deepFool,
  distalAdversarials,
  epsilonSearch,
  fab,
  fgsm,
  hopSkipJump,
  pgd,
  pointwise,
  saltAndPepper,
  square,
} from "./mod.ts";

const numbers = Array.from({ length: 12 }, (_, i) => Math.sin(1 + 7.3 * i));
const weights = (): tf.Tensor2D => tf.tensor2d(numbers, [4, 3]);

/** `x` times the weights as a graph in the format of the converter. */
function graphModel(): tf.GraphModel {
  const type = { type: "DT_FLOAT" };
  const shape = { shape: { dim: [{ size: "-1" }, { size: "4" }] } };
  return tf.loadGraphModelSync({
    format: "graph-model",
    modelTopology: {
      node: [
        { name: "x", op: "Placeholder", attr: { dtype: type, shape } },
        { name: "w", op: "Const", attr: { dtype: type } },
        { name: "logits", op: "MatMul", input: ["x", "w"], attr: { T: type } },
      ],
      library: {},
      versions: {},
    },
    weightSpecs: [{ name: "w", shape: [4, 3], dtype: "float32" }],
    weightData: Float32Array.from(numbers).buffer,
  } as tf.io.ModelArtifacts) as unknown as tf.GraphModel;
}

const layersModel = (): tf.LayersModel =>
  tf.sequential({
    layers: [tf.layers.dense({ units: 3, inputShape: [4], useBias: false, weights: [weights()] })],
  });

/** What an attack finds, as numbers. */
type Run = (model: Classifier, x: tf.Tensor2D, labels: Int32Array) => Promise<ArrayLike<number>>;
const ball = { norm: "l2", epsilon: 0.1 } as const;
const bounds = [-1, 2] as const;
const runs: [string, Run][] = [
  ["pgd()", (model, x, y) => pgd(model, x, y, { ...ball, key: key(0) }).data()],
  ["fgsm()", (model, x, y) => fgsm(model, x, y, ball).data()],
  ["apgd()", async (model, x, y) => (await apgd(model, x, y, { ...ball, key: key(0) })).raw.data()],
  [
    "apgd(), targeted",
    async (model, x, y) => (await apgd(model, x, y, { ...ball, key: key(0), targetClasses: 2 })).raw.data(),
  ],
  ["fab()", async (model, x, y) => (await fab(model, x, y, { norm: "l1", steps: 5 })).raw.data()],
  ["deepFool()", async (model, x, y) => (await deepFool(model, x, y, { norm: "l2" })).raw.data()],
  [
    "carliniWagner()",
    async (model, x, y) => (await carliniWagner(model, x, y, { steps: 20, searchSteps: 3 })).raw.data(),
  ],
  ["boundary()", async (model, x, y) => (await boundary(model, x, y, { key: key(0), steps: 100, bounds })).raw.data()],
  [
    "hopSkipJump()",
    async (model, x, y) => (await hopSkipJump(model, x, y, { key: key(0), norm: "l2", steps: 3, bounds })).raw.data(),
  ],
  ["pointwise()", async (model, x, y) => (await pointwise(model, x, y, { key: key(0), bounds })).raw.data()],
  [
    "saltAndPepper()",
    async (model, x, y) => (await saltAndPepper(model, x, y, { key: key(0), norm: "l2", steps: 50 })).raw.data(),
  ],
  [
    "additiveNoise()",
    async (model, x, y) => (await additiveNoise(model, x, y, { ...ball, key: key(0), draws: 5 })).raw.data(),
  ],
  ["square()", async (model, x, y) => (await square(model, x, y, { ...ball, key: key(0), steps: 50 })).raw.data()],
  [
    "autoAttack()",
    async (model, x, y) => (await autoAttack(model, x, y, { norm: "linf", epsilon: 0.3, key: key(0) })).raw.data(),
  ],
  [
    "distalAdversarials()",
    async (model, _, y) =>
      (await distalAdversarials(model, y, { key: key(0), shape: [4], bounds, steps: 50 })).raw.data(),
  ],
  ["epsilonSearch()", async (model, x, y) => (await epsilonSearch(model, x, y, { norm: "linf" })).raw.data()],
];

test.each(runs)("%s gives the same for a function, a layers model and a graph model", async (_, run) => {
  const kernel = weights();
  const plain = (x: tf.Tensor): tf.Tensor2D => tf.matMul(x as tf.Tensor2D, kernel);
  // Forty examples: more than a layers model takes at once.
  const x = tf.tensor2d(
    Array.from({ length: 160 }, (_, i) => 0.5 + 0.3 * Math.sin(3.1 * i)),
    [40, 4],
  );
  const labels = (await plain(x).argMax(1).data()) as Int32Array;
  const expected = await run(plain, x, labels);
  expect(expected).not.toEqual(await x.data());
  for (const model of [layersModel(), graphModel()]) expect(await run(model, x, labels)).toEqual(expected);
});
