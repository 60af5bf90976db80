import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { key } from "@jem-js/random";
import {
  expectNumericGradient,
  fourPoints,
  gaussian,
  leakFree,
  smallNetwork,
  smallWeights,
} from "@jem-js-internal/testing";
import { dispose, grad, ones, scalar, type Tensor, tensor2d, train, variable } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { scoreMatching, slicedScoreMatching } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const x = tensor2d([0.3, -1.2, 1.1, 0.4, -0.7, 0.2], [3, 2]);

describe.each(["exact", "finite-difference"] as const)("by the method %s", (method) => {
  // A quadratic has no truncation error: a long step has less rounding.
  const options = method === "exact" ? { method } : { method, step: 0.1 };

  test.each([0.5, 1, 2])("scoreMatching() is -d / (2 s^2) at the optimum for data of variance %d", async (variance) => {
    const { loss, norm, trace } = scoreMatching(gaussian(1 / variance), { x: fourPoints(variance) }, options);
    expect(await value(norm)).toBeAllclose(1 / variance, { rtol: 1e-4 });
    expect(await value(trace)).toBeAllclose(-2 / variance, { rtol: 1e-4 });
    expect(await value(loss)).toBeAllclose(-1 / variance, { rtol: 1e-4 });
  });

  test.each([
    ["scoreMatching()", scoreMatching],
    [
      "slicedScoreMatching()",
      (...[model, batch]: Parameters<typeof scoreMatching>) =>
        slicedScoreMatching(model, batch, { ...options, key: key(0) }),
    ],
    [
      "slicedScoreMatching() without variance reduction",
      (...[model, batch]: Parameters<typeof scoreMatching>) =>
        slicedScoreMatching(model, batch, { ...options, key: key(0), slices: 2, varianceReduced: false }),
    ],
  ])("%s learns the precision of a Gaussian", async (_, objective) => {
    const precision = variable(scalar(1));
    const optimizer = train.sgd(0.05);
    for (let i = 0; i < 200; i++) {
      optimizer.minimize(() => objective(gaussian(precision), { x: fourPoints(4) }, options).loss);
    }
    expect(await value(precision)).toBeAllclose(0.25, { rtol: 1e-3 });
  });

  test("scoreMatching() has the gradient of its value", () =>
    expectNumericGradient((w) => scoreMatching(headOf(w), { x }, options).loss, smallWeights(), {
      rtol: 5e-3,
      atol: 5e-3,
    }));

  test.each([true, false])(
    "slicedScoreMatching() has the gradient of its value, variance reduced: %s",
    (varianceReduced) =>
      expectNumericGradient(
        (w) => slicedScoreMatching(headOf(w), { x }, { ...options, key: key(3), slices: 2, varianceReduced }).loss,
        smallWeights(),
        { rtol: 5e-3, atol: 5e-3 },
      ),
  );
});

test("both methods agree on the gradient of a network", async () => {
  const gradient = async (options: object): Promise<number[]> =>
    Array.from(await grad((w) => scoreMatching(headOf(w), { x }, options).loss)(smallWeights()).data());
  const exact = await gradient({ method: "exact" });
  const scale = Math.max(...exact.map(Math.abs));
  // The accuracy that directionalDerivative() states for order 2.
  expect(await gradient({})).toBeAllclose(exact, { rtol: 0, atol: 1e-2 * scale });
});

test("slicedScoreMatching() is scoreMatching() in expectation, with either distribution", async () => {
  const head = headOf(smallWeights());
  const exact = scoreMatching(head, { x }, { method: "exact" });
  for (const distribution of ["rademacher", "normal"] as const) {
    for (const varianceReduced of [true, false]) {
      const estimates: number[] = [];
      for (let i = 0; i < 40; i++) {
        const options = { method: "exact", key: key(i), slices: 10, distribution, varianceReduced } as const;
        estimates.push(await value(slicedScoreMatching(head, { x }, options).loss));
      }
      const mean = estimates.reduce((a, b) => a + b, 0) / 40;
      const deviation = Math.sqrt(estimates.reduce((a, b) => a + (b - mean) ** 2, 0) / 39);
      expect(Math.abs(mean - (await value(exact.loss)))).toBeLessThan((4 * deviation) / Math.sqrt(40));
      expect(deviation).toBeLessThan(0.5);
    }
  }
});

test("the score matching objectives leave their scalars alone, within a gradient too", () =>
  leakFree(() => {
    const options = { key: key(0) };
    dispose({ ...scoreMatching(gaussian(1), { x }) });
    dispose({ ...slicedScoreMatching(gaussian(1), { x }, options) });
    const weights = smallWeights();
    grad((w) => slicedScoreMatching(headOf(w), { x }, options).loss)(weights).dispose();
    grad((w) => scoreMatching(headOf(w), { x }, { method: "exact" }).loss)(weights).dispose();
    weights.dispose();
  }));

test("the score matching objectives refuse an empty batch and bad options", () => {
  const empty = { x: ones([0, 2]) };
  expect(() => scoreMatching(gaussian(1), empty)).toThrow("x is empty");
  expect(() => slicedScoreMatching(gaussian(1), empty, { key: key(0) })).toThrow("x is empty");
  expect(() => slicedScoreMatching(gaussian(1), { x }, { key: key(0), slices: 0 })).toThrow(
    "slices must be a positive integer but found 0",
  );
  expect(() => slicedScoreMatching(gaussian(1), { x }, { key: key(0), distribution: "sphere" as "normal" })).toThrow(
    'distribution must be "rademacher" or "normal" but found "sphere"',
  );
  expect(() => scoreMatching(gaussian(1), { x }, { step: 0 })).toThrow("step must be greater than 0 but found 0");
});
