import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { key } from "@jem-js/random";
import {
  expectNumericGradient,
  fourPoints,
  gaussian,
  leakFree,
  numericGradient,
  smallNetwork,
  smallWeights,
} from "@jem-js-internal/testing";
import {
  add,
  dispose,
  grad,
  matMul,
  mul,
  ones,
  reshape,
  type Scalar,
  scalar,
  slice,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  train,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { steinCriticLoss, steinDiscrepancy } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const x = tensor2d([0.3, -1.2, 1.1, 0.4, -0.7, 0.2], [3, 2]);
const matrix = (w: Tensor, from: number): Tensor2D => reshape(slice(w, [from], [4]), [2, 2]);

/** A critic 2-2-2 with tanh units as a function of its 8 weights. */
const criticOf = (w: Tensor) => (input: Tensor) => matMul(tanh(matMul(input as Tensor2D, matrix(w, 0))), matrix(w, 4));
const critic = criticOf(tensor1d([1, -0.5, 0.3, 0.8, -1, 0.6, 0.2, 1.2]));

describe.each(["exact", "finite-difference"] as const)("by the method %s", (method) => {
  test("steinDiscrepancy() has the gradient of its value with respect to the model", () =>
    expectNumericGradient((w) => steinDiscrepancy(headOf(w), critic, { x }, { method }).loss, smallWeights(), {
      rtol: 3e-3,
      atol: 3e-3,
    }));

  test.each([undefined, key(1)])("steinCriticLoss() has the gradient of its value, with the key %o", async (probe) => {
    const w = tensor1d([1, -0.5, 0.3, 0.8, -1, 0.6, 0.2, 1.2]);
    const options = { method, l2: 2, ...(probe && { key: probe }) };
    const loss = (weights: Tensor): Scalar => steinCriticLoss(gaussian(1), criticOf(weights), { x }, options).loss;
    const expected = await numericGradient(loss, w);
    expect(await grad(loss)(w).data()).toBeAllclose(expected, { rtol: 5e-3, atol: 5e-3 });
  });

  test("a critic learns (s_model - s_data) / (2 lambda) and the loss -||mu||^2 / (4 lambda)", async () => {
    // Data of N(0, I) by their moments, the model N(mu, I): the scores differ by mu everywhere.
    const h = variable(zeros([1, 2]));
    const model = gaussian(1, tensor1d([3, -1]));
    const loss = () =>
      steinCriticLoss(model, (input) => add(mul(input, 0), h), { x: fourPoints(1) }, { method, l2: 0.5 }).loss;
    const optimizer = train.sgd(0.5);
    for (let i = 0; i < 30; i++) optimizer.minimize(loss);
    expect(await h.data()).toBeAllclose([3, -1], { rtol: 1e-3 });
    expect(await value(loss())).toBeAllclose(-10 / 2, { rtol: 1e-3 });
  });
});

test("the trace is exact without a key, and right in expectation with one", async () => {
  const a = tensor2d([
    [2, 7],
    [-3, -1.5],
  ]);
  const linear = (input: Tensor): Tensor => matMul(input as Tensor2D, a);
  // At 0 the score vanishes: the discrepancy is the trace, 0.5, alone.
  const at0 = { x: zeros([4000, 2]) };
  const exact = steinDiscrepancy(gaussian(1), linear, at0);
  expect(await value(exact.loss)).toBeAllclose(0.5, { rtol: 1e-3 });
  const estimate = steinDiscrepancy(gaussian(1), linear, at0, { key: key(0) });
  // v A v has the variance 2 ||(A + A^T) / 2||_F^2 for normal v.
  const standardError = Math.sqrt((2 * (2 ** 2 + 1.5 ** 2 + 2 * 2 ** 2)) / 4000);
  expect(await value(estimate.standardError)).toBeAllclose(standardError, { rtol: 0.1 });
  expect(Math.abs((await value(estimate.loss)) - 0.5)).toBeLessThan(4 * standardError);
});

test("steinDiscrepancy() is 0 for a linear critic when the data have the moments of the model", async () => {
  const shear = (input: Tensor): Tensor =>
    matMul(
      input as Tensor2D,
      tensor2d([
        [1, 5],
        [2, -3],
      ]),
    );
  expect(await value(steinDiscrepancy(gaussian(0.25), shear, { x: fourPoints(4) }).loss)).toBeAllclose(0, {
    atol: 2e-3,
  });
  expect(Math.abs(await value(steinDiscrepancy(gaussian(1), shear, { x: fourPoints(4) }).loss))).toBeGreaterThan(1);
});

test("steinDiscrepancy() and steinCriticLoss() in turn learn the precision of data, without samples", async () => {
  const precision = variable(scalar(1));
  const slope = variable(scalar(0)); // the best critic of two Gaussians is linear
  const linear = (input: Tensor): Tensor => mul(input, slope);
  const batch = { x: fourPoints(4) };
  const [forModel, forCritic] = [train.sgd(0.02), train.sgd(0.02)];
  for (let i = 0; i < 100; i++) {
    for (let j = 0; j < 5; j++) {
      forCritic.minimize(() => steinCriticLoss(gaussian(precision), linear, batch, { l2: 1 }).loss, false, [slope]);
    }
    forModel.minimize(() => steinDiscrepancy(gaussian(precision), linear, batch).loss, false, [precision]);
  }
  expect(await value(precision)).toBeAllclose(0.25, { rtol: 0.02 });
});

test("steinDiscrepancy() and steinCriticLoss() leave their scalars alone", () =>
  leakFree(() => {
    for (const options of [{}, { key: key(0) }, { method: "exact" as const }]) {
      dispose({ ...steinDiscrepancy(gaussian(1), critic, { x }, options) });
      dispose({ ...steinCriticLoss(gaussian(1), critic, { x }, options) });
    }
  }));

test("steinDiscrepancy() and steinCriticLoss() refuse empty batches, other critics and bad weights", () => {
  const wrong = (input: Tensor): Tensor => slice(input, [0, 0], [-1, 1]);
  const message = "the critic's output must have the shape of x [3, 2] but found [3, 1]";
  expect(() => steinDiscrepancy(gaussian(1), wrong, { x })).toThrow(message);
  expect(() => steinCriticLoss(gaussian(1), wrong, { x })).toThrow(message);
  expect(() => steinDiscrepancy(gaussian(1), critic, { x: ones([0, 2]) })).toThrow("x is empty");
  expect(() => steinCriticLoss(gaussian(1), critic, { x: ones([0, 2]) })).toThrow("x is empty");
  expect(() => steinCriticLoss(gaussian(1), critic, { x }, { l2: 0 })).toThrow("l2 must be greater than 0 but found 0");
});
