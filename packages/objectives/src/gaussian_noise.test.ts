import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { dispose, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { gaussianNoise } from "./mod.ts";

const mean = [1, -2];
const covariance = [4, 1.2, 1.2, 1];

test("gaussianNoise() has the density of the formula and integrates to 1", async () => {
  const { logDensity } = gaussianNoise({ mean, covariance });
  const determinant = 4 * 1 - 1.2 ** 2;
  const expected = (x: number, y: number): number => {
    const [u, v] = [x - 1, y + 2];
    return (
      -0.5 * ((1 * u * u - 2 * 1.2 * u * v + 4 * v * v) / determinant) - Math.log(2 * Math.PI * Math.sqrt(determinant))
    );
  };
  const points = [
    [0, 0],
    [1, -2],
    [5, 1],
  ] as [number, number][];
  const found = await logDensity(tensor2d(points)).data();
  expect(found).toBeAllclose(
    points.map(([x, y]) => expected(x, y)),
    { rtol: 1e-5 },
  );
  const grid = Array.from({ length: 121 }, (_, i) =>
    Array.from({ length: 121 }, (_, j) => [1 + (i - 60) / 5, -2 + (j - 60) / 10]),
  );
  const densities = [...(await logDensity(tensor2d(grid.flat())).data())];
  expect(densities.reduce((sum, one) => sum + Math.exp(one) * 0.02, 0)).toBeCloseTo(1, 4);
});

test("gaussianNoise() samples the distribution of its density, of any shape", async () => {
  const count = 20_000;
  const samples = await gaussianNoise({ mean, covariance }).sample(key(0), count).data();
  const moment = (i: number, j: number): number => {
    let sum = 0;
    for (let at = 0; at < count; at++) sum += (samples[2 * at + i]! - mean[i]!) * (samples[2 * at + j]! - mean[j]!);
    return sum / count;
  };
  const tolerance = 4 * Math.sqrt(2 / count); // four standard errors of a variance
  expect([moment(0, 0), moment(0, 1), moment(1, 1)]).toBeAllclose([4, 1.2, 1], { rtol: tolerance, atol: tolerance });
  const images = gaussianNoise({ mean: new Float32Array(6), standardDeviation: 2, shape: [3, 2, 1] });
  expect(images.sample(key(0), 5).shape).toEqual([5, 3, 2, 1]);
  expect(await images.logDensity(zeros([2, 3, 2, 1])).data()).toBeAllclose(
    new Array(2).fill(-6 * Math.log(2 * Math.sqrt(2 * Math.PI))),
  );
});

test("a diagonal gaussianNoise() is the one of that covariance", async () => {
  const x = tensor2d([
    [0, 0],
    [3, -1],
  ]);
  const diagonal = await gaussianNoise({ mean, standardDeviation: [2, 0.5] })
    .logDensity(x)
    .data();
  expect(diagonal).toBeAllclose(
    await gaussianNoise({ mean, covariance: [4, 0, 0, 0.25] })
      .logDensity(x)
      .data(),
  );
});

test("gaussianNoise() holds no tensors and refuses bad options by value", async () => {
  const x = zeros([3, 2]);
  await leakFree(() => {
    const noise = gaussianNoise({ mean, covariance });
    dispose([noise.sample(key(0), 3), noise.logDensity(x)]);
  });
  expect(() => gaussianNoise({ mean })).toThrow(
    "just one of covariance and standardDeviation must be given but found neither",
  );
  expect(() => gaussianNoise({ mean, covariance, standardDeviation: 1 })).toThrow("found both");
  expect(() => gaussianNoise({ mean, covariance: [1] })).toThrow("4 values, [2, 2], but found 1");
  expect(() => gaussianNoise({ mean, covariance: [1, 2, 2, 1] })).toThrow("must be positive definite");
  expect(() => gaussianNoise({ mean, standardDeviation: [1, 0] })).toThrow("greater than 0 but found 0");
  expect(() => gaussianNoise({ mean, standardDeviation: [1] })).toThrow("must have 2 values but found 1");
  expect(() => gaussianNoise({ mean, standardDeviation: 1, shape: [3] })).toThrow("length of an input, 3, but found 2");
});
