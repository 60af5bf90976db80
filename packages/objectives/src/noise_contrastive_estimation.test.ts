import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { expectNumericGradient, gaussian, leakFree, smallNetwork, smallWeights } from "@jem-js-internal/testing";
import {
  dispose,
  ones,
  scalar,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor2d,
  train,
  variable,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { noiseContrastiveEstimation } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const x = tensor2d([0.3, -1.2, 1.1, 0.4], [2, 2]);
const noise = tensor2d([-0.4, 0.9, 2, -1, 0.1, 0.6], [3, 2]);
/** `log N(0, s^2 I)` on `[batch, d]`. */
const normalLogDensity =
  (s: number) =>
  (input: Tensor): Tensor1D =>
    sub(sum(square(input), 1).mul(-0.5 / s ** 2), input.shape[1]! * Math.log(s * Math.sqrt(2 * Math.PI))) as Tensor1D;
const noiseLogDensity = normalLogDensity(1.5);

test("noiseContrastiveEstimation() reproduces the formula", async () => {
  const terms = noiseContrastiveEstimation(gaussian(2), { x, noise }, { noiseLogDensity, logNormalizer: 0.7 });
  const posterior = (point: number[]): number => {
    const squares = point[0]! ** 2 + point[1]! ** 2;
    const model = Math.exp(-squares - 0.7);
    const other = Math.exp(-squares / 4.5) / (2 * Math.PI * 2.25);
    return model / (model + 1.5 * other); // three noise samples to two examples
  };
  const [ofData, ofNoise] = [await x.array(), await noise.array()].map((points) => points.map(posterior));
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const expected = -mean(ofData!.map(Math.log)) - 1.5 * mean(ofNoise!.map((h) => Math.log(1 - h)));
  expect(await value(terms.loss)).toBeAllclose(expected);
  expect(await value(terms.dataAccuracy)).toBe(mean(ofData!.map((h) => Number(h > 0.5))));
  expect(await value(terms.noiseAccuracy)).toBeAllclose(mean(ofNoise!.map((h) => Number(h < 0.5))));
});

test("noiseContrastiveEstimation() has the gradient of its value", () =>
  expectNumericGradient(
    (w) => noiseContrastiveEstimation(headOf(w), { x, noise }, { noiseLogDensity }).loss,
    smallWeights(),
  ));

test("noiseContrastiveEstimation() learns the precision and log Z of a Gaussian", async () => {
  // Equally likely points: the quantiles at the middles of 1000 equal steps, for data of variance 1 and noise of 1.5^2.
  const count = 1000;
  const standard = Array.from({ length: count }, (_, i) => quantile((i + 0.5) / count));
  const batch = { x: tensor2d(standard.map((z) => [z])), noise: tensor2d(standard.map((z) => [1.5 * z])) };
  const [precision, logNormalizer] = [variable(scalar(2)), variable(scalar(0))];
  const optimizer = train.adam(0.05);
  for (let i = 0; i < 400; i++) {
    optimizer.minimize(
      () => noiseContrastiveEstimation(gaussian(precision), batch, { noiseLogDensity, logNormalizer }).loss,
    );
  }
  // The quantiles do not reach into the tails: 0.13 % of their second moment is missing.
  expect(await value(precision)).toBeAllclose(1, { rtol: 0.01 });
  expect(await value(logNormalizer)).toBeAllclose(0.5 * Math.log(2 * Math.PI), { rtol: 0.01 });
});

test("noiseContrastiveEstimation() stays finite where data and noise are told apart at a glance", async () => {
  const far = { x: ones([1, 2]), noise: ones([1, 2]).mul(1e3) };
  const { loss } = noiseContrastiveEstimation(gaussian(1), far, { noiseLogDensity: normalLogDensity(1e4) });
  expect(Number.isFinite(await value(loss))).toBe(true);
});

test("noiseContrastiveEstimation() leaves its scalars alone and refuses empty batches", async () => {
  const options = { noiseLogDensity };
  await leakFree(() => dispose({ ...noiseContrastiveEstimation(gaussian(1), { x, noise }, options) }));
  expect(() => noiseContrastiveEstimation(gaussian(1), { x: ones([0, 2]), noise }, options)).toThrow("x is empty");
  expect(() => noiseContrastiveEstimation(gaussian(1), { x, noise: ones([0, 2]) }, options)).toThrow("noise is empty");
});

/** The standard normal quantile, by bisection of the distribution function. */
function quantile(p: number): number {
  let [low, high] = [-10, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (distribution(middle) < p) low = middle;
    else high = middle;
  }
  return low;
}

/** The standard normal distribution function, by Simpson's rule. */
function distribution(z: number): number {
  const n = 200;
  const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let total = density(0) + density(z);
  for (let i = 1; i < n; i++) total += density((z * i) / n) * (i % 2 ? 4 : 2);
  return 0.5 + (total * z) / (3 * n);
}
