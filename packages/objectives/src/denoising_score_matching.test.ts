import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { key, normal } from "@jem-js/random";
import {
  expectNumericGradient,
  fourPoints,
  gaussian,
  leakFree,
  smallNetwork,
  smallWeights,
} from "@jem-js-internal/testing";
import { dispose, grad, ones, scalar, type Tensor, tensor2d, tile } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { denoisingScoreMatching } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const x = tensor2d([0.3, -1.2, 1.1, 0.4, -0.7, 0.2], [3, 2]);

test.each(["exact", "finite-difference"] as const)(
  "denoisingScoreMatching() has the gradient of its value by the method %s",
  (method) =>
    expectNumericGradient(
      (w) => denoisingScoreMatching(headOf(w), { x }, { key: key(1), noiseScale: 0.5, method }).loss,
      smallWeights(),
      {
        rtol: 3e-3,
        atol: 3e-3,
      },
    ),
);

test("denoisingScoreMatching() reproduces the formula", async () => {
  const options = { key: key(4), noiseScale: 0.5 };
  const [points, noise] = [await x.data(), await normal(key(4), x.shape).data()];
  // The score of the model is minus twice the input.
  const errors = Array.from(points, (point, i) => -2 * (point + 0.5 * noise[i]!) + noise[i]! / 0.5);
  const expected = errors.reduce((total, error) => total + error * error, 0) / 6;
  expect(await value(denoisingScoreMatching(gaussian(2), { x }, options).loss)).toBeAllclose(expected);
});

test.each([
  [1, 0.5],
  [4, 1],
])(
  "denoisingScoreMatching() is least at the precision 1 / (s^2 + sigma^2): s^2 = %d, sigma = %d",
  async (s2, sigma) => {
    const batch = { x: tile(fourPoints(s2), [1000, 1]) };
    const options = { key: key(2), noiseScale: sigma };
    // The loss is a parabola in the precision: two slopes give its minimum.
    const slope = (precision: number): Promise<number> =>
      value(grad((p) => denoisingScoreMatching(gaussian(p), batch, options).loss)(scalar(precision)));
    const [at0, at1] = [await slope(0), await slope(1)];
    const standardError = Math.sqrt(s2 / (sigma ** 2 * (s2 + sigma ** 2) ** 2 * 8000));
    expect(Math.abs(at0 / (at0 - at1) - 1 / (s2 + sigma ** 2))).toBeLessThan(4 * standardError);
  },
);

test("denoisingScoreMatching() is reproduced by its key and leaves one scalar", async () => {
  const loss = (seed: number): Promise<number> =>
    value(denoisingScoreMatching(gaussian(1), { x }, { key: key(seed) }).loss);
  expect(await loss(0)).toBe(await loss(0));
  expect(await loss(1)).not.toBe(await loss(0));
  await leakFree(() => dispose({ ...denoisingScoreMatching(gaussian(1), { x }, { key: key(0) }) }));
});

test("denoisingScoreMatching() refuses an empty batch and a noise scale of 0", () => {
  const options = { key: key(0) };
  expect(() => denoisingScoreMatching(gaussian(1), { x: ones([0, 2]) }, options)).toThrow("x is empty");
  expect(() => denoisingScoreMatching(gaussian(1), { x }, { ...options, noiseScale: 0 })).toThrow(
    "noiseScale must be greater than 0 but found 0",
  );
});
