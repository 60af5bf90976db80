import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { expectNumericGradient, leakFree, smallNetwork, smallWeights } from "@jem-js-internal/testing";
import { concat, dispose, ones, type Tensor, type Tensor2D, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { jemTerms, semiSupervisedJem } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const head = energyHead((x) => x as Tensor2D);
const batch = {
  x: tensor2d([[0.2, 1]]),
  labels: [1],
  unlabeled: tensor2d([
    [0.4, -1],
    [1.5, 0.5],
    [0, 0],
    [2, -0.3],
  ]),
  negatives: tensor2d([
    [0.1, 0.7],
    [-1, 0.3],
  ]),
};
const noLabels = { x: ones([0, 2]), labels: [] };

test("semiSupervisedJem() takes fewer labels than unlabelled data, and is jem() plus the weighted entropy", async () => {
  const options = { pxWeight: 0.5, pyxWeight: 2, energyL2: 0.1 };
  const joint = jemTerms(head, batch, options);
  const terms = semiSupervisedJem(head, batch, { ...options, entropyWeight: 0.3 });
  for (const term of ["crossEntropy", "px", "energyGap", "accuracy"]) {
    expect(await value(terms[term]!)).toBe(await value(joint[term]!));
  }
  const binary = [1.4, 1, 0, 2.3].map((difference) => {
    const p = 1 / (1 + Math.exp(-difference));
    return -p * Math.log(p) - (1 - p) * Math.log(1 - p);
  });
  const entropy = binary.reduce((a, b) => a + b, 0) / 4;
  expect(await value(terms.entropy)).toBeAllclose(entropy);
  expect(await value(terms.loss)).toBeAllclose((await value(joint.loss)) + 0.3 * entropy);
});

test("semiSupervisedJem() without labels is p(x) and the entropy", async () => {
  const options = { pxWeight: 0.5, pyxWeight: 2, energyL2: 0.1, entropyWeight: 0.3 };
  const some = semiSupervisedJem(head, batch, options);
  const none = semiSupervisedJem(head, { ...batch, ...noLabels }, options);
  for (const term of ["px", "energyGap", "entropy"]) expect(await value(none[term]!)).toBe(await value(some[term]!));
  expect(await value(none.crossEntropy)).toBe(0);
  expect(await value(none.accuracy)).toBe(0);
  expect(await value(none.loss)).toBeAllclose((await value(some.loss)) - 2 * (await value(some.crossEntropy)));
  const asTensor = semiSupervisedJem(head, { ...batch, x: ones([0, 2]), labels: zeros([0], "int32") }, options);
  expect(await value(asTensor.loss)).toBe(await value(none.loss));
});

describe.each([
  ["one label", batch],
  ["no label", { ...batch, ...noLabels }],
])("semiSupervisedJem() with %s", (_, few) => {
  test("has the gradient of its value", () =>
    expectNumericGradient(
      (w) => semiSupervisedJem(headOf(w), few, { entropyWeight: 0.5, energyL2: 0.1 }).loss,
      smallWeights(),
    ));

  test("leaves its scalars alone", () =>
    leakFree(() => dispose({ ...semiSupervisedJem(head, few, { entropyWeight: 1 }) })));
});

test("semiSupervisedJem() averages each part over its own batch: fewer labels than all else change no weight", async () => {
  const one = semiSupervisedJem(head, batch);
  const [x, labels] = [concat([batch.x, batch.x, batch.x]), [1, 1, 1]];
  const three = semiSupervisedJem(head, { ...batch, x, labels });
  expect(await value(three.crossEntropy)).toBeAllclose(await value(one.crossEntropy));
  expect(await value(three.loss)).toBeAllclose(await value(one.loss));
});

test("semiSupervisedJem() refuses empty batches and bad weights", () => {
  expect(() => semiSupervisedJem(head, { ...batch, unlabeled: ones([0, 2]) })).toThrow("unlabeled is empty");
  expect(() => semiSupervisedJem(head, { ...batch, negatives: ones([0, 2]) })).toThrow("negatives is empty");
  expect(() => semiSupervisedJem(head, { ...batch, x: ones([0, 2]) })).toThrow("labels must be [0] but found [1]");
  expect(() => semiSupervisedJem(head, { ...batch, labels: [] })).toThrow("labels must be [1] but found [0]");
  expect(() => jemTerms(head, { ...batch, ...noLabels })).toThrow("the batch is empty");
  expect(() => semiSupervisedJem(head, batch, { entropyWeight: -1 })).toThrow(
    "entropyWeight must be at least 0 but found -1",
  );
  expect(() => semiSupervisedJem(head, batch, { pxWeight: Number.NaN })).toThrow("pxWeight must be at least 0");
});
