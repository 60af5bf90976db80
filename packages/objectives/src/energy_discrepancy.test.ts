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
import {
  dispose,
  grad,
  mul,
  ones,
  reshape,
  scalar,
  sum,
  type Tensor,
  type Tensor1D,
  tensor2d,
  tile,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { energyDiscrepancy } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const x = tensor2d([0.3, -1.2, 1.1, 0.4, -0.7, 0.2], [3, 2]);

/** Mean and standard error of 20 runs with keys of their own. */
async function repeated(run: (seed: number) => Tensor): Promise<{ mean: number; standardError: number }> {
  const values: number[] = [];
  for (let seed = 0; seed < 20; seed++) values.push(await value(run(seed)));
  const mean = values.reduce((a, b) => a + b, 0) / 20;
  return { mean, standardError: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (19 * 20)) };
}

// In the plane, for `log p = -||x||^2 / (2 v)`, data of variance s^2 an axis and M to infinity without stabilisation, by
// `E_j exp(-||c + t xi_j||^2 / (2 v)) = v / (v + t^2) exp(-||c||^2 / (2 (v + t^2)))`:
const limit = (v: number, s2: number, t: number): number =>
  s2 / v - (s2 + t * t) / (v + t * t) + Math.log(v / (v + t * t));

test.each([
  [1, 1, 1],
  [2, 1, 0.5],
])("energyDiscrepancy() tends to its closed form for Gaussians: v = %d, s^2 = %d, t = %d", async (v, s2, t) => {
  const batch = { x: tile(fourPoints(s2), [100, 1]) };
  const { mean, standardError } = await repeated(
    (seed) =>
      energyDiscrepancy(gaussian(1 / v), batch, { key: key(seed), noiseScale: t, samples: 200, stabilization: 0 }).loss,
  );
  // The logarithm of a mean of M is low by about its relative variance / 2M: the variance of exp(E - E') is below 4 here.
  expect(Math.abs(mean - limit(v, s2, t))).toBeLessThan(4 * standardError + 2 / 200);
});

test("energyDiscrepancy() has no slope at the variance of the data, and points to it from both sides", async () => {
  const batch = { x: tile(fourPoints(1), [50, 1]) };
  const slope = (precision: number) =>
    repeated((seed) =>
      grad((p) => energyDiscrepancy(gaussian(p), batch, { key: key(seed), samples: 200, stabilization: 0 }).loss)(
        scalar(precision),
      ),
    );
  const [below, at, above] = [await slope(0.7), await slope(1), await slope(1.4)];
  expect(Math.abs(at.mean)).toBeLessThan(4 * at.standardError + 0.01);
  expect(below.mean).toBeLessThan(-4 * below.standardError);
  expect(above.mean).toBeGreaterThan(4 * above.standardError);
});

test("energyDiscrepancy() is bounded from below by log(w / M)", async () => {
  // A density that falls steeply: every perturbed point is far less likely than the example at the summit.
  const options = { key: key(0), noiseScale: 10, samples: 8, stabilization: 2 };
  const { loss } = energyDiscrepancy(gaussian(1e4), { x: mul(x, 0) }, options);
  expect(await value(loss)).toBeAllclose(Math.log(2 / 8));
});

test("energyDiscrepancy() has the gradient of its value", () =>
  expectNumericGradient((w) => energyDiscrepancy(headOf(w), { x }, { key: key(1), samples: 3 }).loss, smallWeights()));

test("energyDiscrepancy() perturbs examples of any shape, each with the same key alike", async () => {
  const sumOf = { logDensity: (input: Tensor) => sum(reshape(input, [input.shape[0]!, -1]), 1) as Tensor1D };
  const loss = (shape: number[]): Promise<number> =>
    value(energyDiscrepancy(sumOf, { x: ones(shape) }, { key: key(5) }).loss);
  expect(await loss([2, 2, 3, 1])).toBe(await loss([2, 6]));
});

test("energyDiscrepancy() leaves its scalars alone", () =>
  leakFree(() => dispose({ ...energyDiscrepancy(gaussian(1), { x }, { key: key(0) }) })));

test("energyDiscrepancy() refuses an empty batch and options out of range", () => {
  const run =
    (options: object, input: Tensor = x) =>
    () =>
      energyDiscrepancy(gaussian(1), { x: input }, { key: key(0), ...options });
  expect(run({}, ones([0, 2]))).toThrow("x is empty");
  expect(run({ noiseScale: 0 })).toThrow("noiseScale must be greater than 0 but found 0");
  expect(run({ samples: 1.5 })).toThrow("samples must be a positive integer but found 1.5");
  expect(run({ stabilization: -1 })).toThrow("stabilization must be at least 0 but found -1");
});
