import { energyHead, tanh } from "@jem-js/energy";
import { key, normal } from "@jem-js/random";
import {
  expectNumericGradient,
  fourPoints,
  gaussian,
  leakFree,
  smallNetwork,
  smallWeights,
} from "@jem-js-internal/testing";
import { dispose, ones, scalar, type Tensor, train, variable } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { conditionalNoiseContrastiveEstimation } from "./mod.ts";

const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;

test("conditionalNoiseContrastiveEstimation() reproduces the formula", async () => {
  const options = { key: key(3), noiseScale: 0.5, noiseRatio: 3 };
  const { loss, accuracy } = conditionalNoiseContrastiveEstimation(gaussian(2), { x: fourPoints(1) }, options);
  const [x, xi] = [await fourPoints(1).data(), await normal(key(3), [4, 3, 2]).data()];
  const logOdds = Array.from({ length: 12 }, (_, i) => {
    const at = 2 * Math.floor(i / 3);
    const square = (scale: number): number =>
      (x[at]! + scale * xi[2 * i]!) ** 2 + (x[at + 1]! + scale * xi[2 * i + 1]!) ** 2;
    return square(0.5) - square(0);
  });
  expect(await value(loss)).toBeAllclose(logOdds.reduce((sum, g) => sum + Math.log1p(Math.exp(-g)) / 12, 0));
  expect(await value(accuracy)).toBeAllclose(logOdds.filter((g) => g > 0).length / 12);
});

test("conditionalNoiseContrastiveEstimation() is score matching for small noise", async () => {
  // The mean over data and noise of log 2 + epsilon^2 / 4 (tr H + ||s||^2 / 2), of which H = -2 I and s = -2 x.
  const [count, noiseScale] = [20_000, 0.05];
  const options = { key: key(0), noiseScale, noiseRatio: count };
  const { loss } = conditionalNoiseContrastiveEstimation(gaussian(2), { x: fourPoints(4) }, options);
  const expected = (noiseScale ** 2 / 4) * (-4 + (4 * 8) / 2);
  // G has the standard deviation epsilon ||s||, of whose mean half a standard error is what the loss may be off.
  const error = (noiseScale * Math.sqrt(32)) / 2 / Math.sqrt(4 * count);
  expect(Math.abs((await value(loss)) - Math.log(2) - expected)).toBeLessThan(4 * error);
});

test("conditionalNoiseContrastiveEstimation() has the gradient of its value", () =>
  expectNumericGradient(
    (w) =>
      conditionalNoiseContrastiveEstimation(
        energyHead(smallNetwork(w, tanh)),
        { x: fourPoints(1) },
        { key: key(0), noiseScale: 0.5, noiseRatio: 2 },
      ).loss,
    smallWeights(),
  ));

test("conditionalNoiseContrastiveEstimation() learns the precision of a Gaussian without its normaliser", async () => {
  const x = normal(key(0), [4000, 1]);
  const precision = variable(scalar(3));
  const optimizer = train.adam(0.05);
  for (let i = 0; i < 300; i++) {
    const options = { key: key(i), noiseScale: 0.7 };
    optimizer.minimize(() => conditionalNoiseContrastiveEstimation(gaussian(precision), { x }, options).loss);
  }
  expect(await value(precision)).toBeAllclose(1, { rtol: 0.1 });
});

test("conditionalNoiseContrastiveEstimation() leaves its scalars alone and refuses bad input", async () => {
  const options = { key: key(0), noiseScale: 1 };
  const x = ones([2, 2]);
  const compute = conditionalNoiseContrastiveEstimation;
  await leakFree(() => dispose({ ...compute(gaussian(1), { x }, options) }));
  expect(() => compute(gaussian(1), { x: ones([0, 2]) }, options)).toThrow("x is empty");
  expect(() => compute(gaussian(1), { x }, { ...options, noiseScale: 0 })).toThrow(
    "noiseScale must be greater than 0 but found 0",
  );
  expect(() => compute(gaussian(1), { x }, { ...options, noiseRatio: 1.5 })).toThrow("positive integer but found 1.5");
});
