import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { expectNumericGradient, leakFree, smallNetwork, smallWeights } from "@jem-js-internal/testing";
import {
  dispose,
  mul,
  ones,
  type Scalar,
  scalar,
  square,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  train,
  variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { type ContrastForm, conditionalLikelihood, contrastiveDivergence, jem, jointLikelihood } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const FORMS: ContrastForm[] = ["difference", "logSumExp", "softplus"];

const x = tensor2d([0.3, -1.2, 1.1, 0.4, -0.7, 0.2], [3, 2]);
const negatives = tensor2d([-0.4, 0.9, 2, -1, 0.1, 0.6], [3, 2]);
const labels = [0, 2, 1];
const negativeLabels = [1, 1, 0];

describe.each(FORMS)("with the form %s", (form) => {
  test("contrastiveDivergence(), conditionalLikelihood() and jointLikelihood() have the gradient of their value", async () => {
    const options = { form, energyL2: 0.1 };
    await expectNumericGradient(
      (w) => contrastiveDivergence(headOf(w), { x, negatives }, options).loss,
      smallWeights(),
    );
    await expectNumericGradient(
      (w) => conditionalLikelihood(headOf(w), { x, negatives, labels }, options).loss,
      smallWeights(),
    );
    const joint = { x, negatives, labels, negativeLabels };
    await expectNumericGradient((w) => jointLikelihood(headOf(w), joint, options).loss, smallWeights());
  });

  test("contrastiveDivergence() reproduces the formula", async () => {
    const model = { logDensity: (input: Tensor) => sum(input, 1) as Tensor1D };
    const positive = [-0.9, 1.5, -0.5];
    const negative = [0.5, 1, 0.7];
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    const expected = {
      difference: mean(negative) - mean(positive),
      logSumExp: Math.log(mean(negative.map(Math.exp))) - mean(positive),
      softplus: mean(positive.map((f, i) => Math.log1p(Math.exp(negative[i]! - f)))),
    }[form];
    const penalty = mean(positive.map((f) => f * f)) + mean(negative.map((f) => f * f));
    const terms = contrastiveDivergence(model, { x, negatives }, { form, energyL2: 0.5 });
    expect(await value(terms.contrast)).toBeAllclose(expected);
    expect(await value(terms.loss)).toBeAllclose(expected + 0.5 * penalty);
    expect(await value(terms.energyGap)).toBeAllclose(mean(positive) - mean(negative));
  });
});

test("conditionalLikelihood() and jointLikelihood() read the logits of their labels", async () => {
  const head = energyHead((input) => input as Tensor2D);
  const batch = {
    x: tensor2d([
      [1, 2],
      [3, 5],
    ]),
    labels: [0, 1],
    negatives: tensor2d([
      [10, 20],
      [30, 50],
    ]),
  };
  expect(await value(conditionalLikelihood(head, batch).loss)).toBe((10 + 50) / 2 - (1 + 5) / 2);
  const joint = { ...batch, negativeLabels: [1, 0] };
  expect(await value(jointLikelihood(head, joint).loss)).toBe((20 + 30) / 2 - (1 + 5) / 2);
});

test("jointLikelihood() has the gradient of jem() when the labels of the negatives are averaged over p(y|x)", async () => {
  // Two classes at one negative: p(y|x-) weighs the two joint losses to the factored one, up to log p(y|x-) of the value.
  const one = { x: tensor2d([[0.5, 1]]), labels: [1], negatives: tensor2d([[2, 1]]) };
  const shift = variable(scalar(0.7));
  const head = energyHead((input) => mul(input, shift) as Tensor2D);
  const gradient = async (loss: () => Scalar): Promise<number> =>
    value(variableGrads(loss, [shift]).grads[shift.name]!);
  const p0 = 1 / (1 + Math.exp(-0.7));
  const joint = (y: number) => gradient(() => jointLikelihood(head, { ...one, negativeLabels: [y] }).loss);
  const factored = await gradient(() => jem(head, one));
  expect(p0 * (await joint(0)) + (1 - p0) * (await joint(1))).toBeAllclose(factored);
});

test("contrastiveDivergence() takes as many negatives as it is given", async () => {
  const model = { logDensity: (input: Tensor) => sum(input, 1) as Tensor1D };
  const batch = { x: ones([1, 2]), negatives: ones([5, 2]) };
  expect(await value(contrastiveDivergence(model, batch).loss)).toBe(0);
  expect(await value(contrastiveDivergence(model, batch, { form: "logSumExp" }).loss)).toBeAllclose(0);
  expect(() => contrastiveDivergence(model, batch, { form: "softplus" })).toThrow(
    'form "softplus" needs as many negatives as data, 1, but found 5',
  );
});

test("contrastiveDivergence() finds the variance of data when its negatives are samples of the model", async () => {
  // log p = -a x^2 / 2 has E x^2 = 1 / a: the optimum for data of variance 4 is a = 1/4.
  const precision = variable(scalar(1));
  const model = { logDensity: (input: Tensor) => mul(mul(sum(square(input), 1), precision), -0.5) as Tensor1D };
  const unit = tensor2d([-1.5, -0.5, 0.5, 1.5].map((z) => [z / Math.sqrt(1.25)]));
  const data = mul(unit, 2);
  const optimizer = train.sgd(0.05);
  for (let i = 0; i < 300; i++) {
    const samples = mul(unit, 1 / Math.sqrt(await value(precision)));
    optimizer.minimize(() => contrastiveDivergence(model, { x: data, negatives: samples }).loss);
  }
  expect(await value(precision)).toBeAllclose(0.25, { rtol: 1e-3 });
});

test("the contrastive objectives leave their scalars alone", () =>
  leakFree(() => {
    const head = energyHead((input) => input as Tensor2D);
    for (const form of FORMS) dispose({ ...contrastiveDivergence(head, { x, negatives }, { form, energyL2: 1 }) });
    dispose({ ...conditionalLikelihood(head, { x, negatives, labels: [0, 1, 0] }) });
    dispose({ ...jointLikelihood(head, { x, negatives, labels: [0, 1, 0], negativeLabels: [0, 0, 1] }) });
  }));

test("the contrastive objectives refuse empty batches, unknown forms, bad weights and unequal counts", () => {
  const head = energyHead((input) => input as Tensor2D);
  const batch = { x: ones([2, 2]), negatives: ones([2, 2]), labels: [0, 1], negativeLabels: [0, 1] };
  expect(() => contrastiveDivergence(head, { ...batch, x: ones([0, 2]) })).toThrow("x is empty");
  expect(() => jointLikelihood(head, { ...batch, negatives: ones([0, 2]) })).toThrow("negatives is empty");
  expect(() => contrastiveDivergence(head, batch, { form: "hinge" as ContrastForm })).toThrow(
    "form must be one of difference, logSumExp, softplus but found hinge",
  );
  expect(() => conditionalLikelihood(head, batch, { energyL2: -1 })).toThrow(
    "energyL2 must be at least 0 but found -1",
  );
  expect(() => conditionalLikelihood(head, { ...batch, negatives: ones([3, 2]) })).toThrow(
    "negatives must be as many as x, 2, but found 3",
  );
  expect(() => jointLikelihood(head, { ...batch, negativeLabels: [0, 2] })).toThrow("from 0 to 1 but found 2 at 1");
});
