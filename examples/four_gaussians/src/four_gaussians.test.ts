import { readFileSync } from "node:fs";
import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { compare, type Expected } from "./acceptance.ts";
import { CENTRES, DEVIATION, drawOutliers, drawPoints, exactLogits, logDensities } from "./density.ts";
import { evaluate } from "./evaluation.ts";
import { readOptions } from "./options.ts";
import { bayesAccuracy, divergence, normalize, slope, squareGrid } from "./quadrature.ts";
import { train } from "./training.ts";

const grid = squareGrid();
const exact = exactLogits(grid);
const logP = logDensities(exact);
const expected: Expected = JSON.parse(readFileSync(new URL("../expected.json", import.meta.url), "utf8"));

/** `P(Z <= z)` of a standard normal variable, by Simpson's rule from -10. */
function normalDistribution(z: number, intervals: number = 2000): number {
  const step = (z + 10) / intervals;
  let sum = 0;
  for (let i = 0; i <= intervals; i++) {
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((-10 + i * step) ** 2) / 2);
  }
  return (sum * step) / (3 * Math.sqrt(2 * Math.PI));
}

test("exactLogits() are those of a density of mass 1 and the entropy of four Gaussians", () => {
  const mass = logP.reduce((sum, value) => sum + Math.exp(value), 0) * grid.area;
  expect(mass).toBeCloseTo(1, 7);
  const entropy = -logP.reduce((sum, value) => sum + Math.exp(value) * value, 0) * grid.area;
  // That of one Gaussian, and log 4 but for what they overlap. The reference has 1.8030.
  expect(entropy).toBeLessThan(1 + Math.log(2 * Math.PI * DEVIATION ** 2) + Math.log(4));
  expect(entropy).toBeCloseTo(1.803, 4);
});

test("divergence() of the density from itself is 0, whatever its normalisation", () => {
  expect(divergence(logP, logP, grid)).toBe(0);
  const shifted = logP.map((value) => value + 7);
  expect(divergence(logP, shifted, grid)).toBeCloseTo(0, 12);
});

test("divergence() is the closed form for two Gaussians", () => {
  const gaussian = (centre: number, deviation: number): Float64Array =>
    Float64Array.from({ length: grid.size }, (_, i) => {
      const [x, y] = [grid.values[2 * i]! - centre, grid.values[2 * i + 1]!];
      return -(x * x + y * y) / (2 * deviation ** 2);
    });
  // 2 log(s_q / s_p) + (2 s_p^2 + ||m||^2) / (2 s_q^2) - 1
  const closed = 2 * Math.log(0.5 / 0.3) + (2 * 0.09 + 0.25) / 0.5 - 1;
  expect(divergence(gaussian(0, 0.3), gaussian(0.5, 0.5), grid)).toBeCloseTo(closed, 6);
});

test("slope() of the exact density is 1, of a tempered one 1 / T, of a constant 0", () => {
  expect(slope(logP, logP, grid)).toBeCloseTo(1, 12);
  expect(
    slope(
      logP,
      logP.map((value) => value / 4 - 3),
      grid,
    ),
  ).toBeCloseTo(0.25, 12);
  expect(slope(logP, new Float64Array(grid.size), grid)).toBe(0);
});

test("normalize() survives logarithms whose exponentials do not", () => {
  const huge = normalize(
    logP.map((value) => value + 5000),
    grid.area,
  );
  expect(huge).toBeAllclose(logP, { atol: 1e-6 });
});

test("bayesAccuracy() is the closed form, and expected.json allows 0.01 less", () => {
  // The regions are quadrants between the diagonals: both distances to them, 1.2 / sqrt 2, must not be crossed.
  const closed = normalDistribution(1.2 / Math.SQRT2 / DEVIATION) ** 2;
  expect(bayesAccuracy(exact, grid)).toBeCloseTo(closed, 4);
  expect(expected.accuracy.min).toBe(Number((closed - 0.01).toFixed(4)));
});

test("drawPoints() draws the density", () => {
  const size = 40_000;
  const { values, labels } = drawPoints(key(3), size);
  CENTRES.forEach(([u, v], y) => {
    const own = Array.from(labels.keys()).filter((i) => labels[i] === y);
    // Five standard errors of a fraction, a mean and a variance.
    expect(Math.abs(own.length / size - 0.25)).toBeLessThan(5 * Math.sqrt(0.1875 / size));
    [u, v].forEach((centre, axis) => {
      const offsets = own.map((i) => values[2 * i + axis]! - centre);
      const mean = offsets.reduce((a, b) => a + b) / own.length;
      const variance = offsets.reduce((sum, d) => sum + d * d, 0) / own.length;
      expect(Math.abs(mean)).toBeLessThan(5 * (DEVIATION / Math.sqrt(own.length)));
      expect(Math.abs(variance - DEVIATION ** 2)).toBeLessThan(5 * DEVIATION ** 2 * Math.sqrt(2 / own.length));
    });
  });
});

test("drawOutliers() keeps what is improbable, of the square", () => {
  const outliers = drawOutliers(key(4), 3000);
  expect(outliers.size).toBeGreaterThan(1500);
  expect(Math.max(...logDensities(exactLogits(outliers)))).toBeLessThan(-6);
  expect(Math.max(...outliers.values.map(Math.abs))).toBeLessThanOrEqual(3);
});

test("evaluate() accepts the exact logits and refuses those without a density or with the wrong classes", async () => {
  const { figures } = await evaluate(async (points) => exactLogits(points), key(5), grid);
  expect(figures.kl).toBe(0);
  expect(figures.slope).toBeCloseTo(1, 12);
  const error = Math.sqrt((0.9953 * 0.0047) / 10_000);
  expect(Math.abs(figures.accuracy - bayesAccuracy(exact, grid))).toBeLessThan(5 * error);
  const failing = (rows: ReturnType<typeof compare>) => rows.filter((row) => !row.passes).map((row) => row.figure);
  expect(failing(compare(0, figures, expected))).toEqual([]);
  // The same p(y|x) with a constant p(x).
  const flat = await evaluate(
    async (points) => {
      const logits = exactLogits(points);
      const density = logDensities(logits);
      return logits.map((value, i) => value - density[i >> 2]!);
    },
    key(5),
    grid,
  );
  expect(failing(compare(0, flat.figures, expected))).toEqual(["kl", "slope", "auroc"]);
  // The same p(x) with classes turned by one.
  const turned = await evaluate(
    async (points) => {
      const logits = exactLogits(points);
      return logits.map((_, i) => logits[i - (i % 4) + ((i + 1) % 4)]!);
    },
    key(5),
    grid,
  );
  expect(failing(compare(0, turned.figures, expected))).toEqual(["accuracy", "ece"]);
});

test("compare() fails what is not a number", () => {
  const rows = compare(1, { kl: Number.NaN, slope: 1, accuracy: 1, ece: 0, auroc: 1 }, expected);
  expect(rows.map((row) => row.passes)).toEqual([false, true, true, true, true]);
  expect(rows[1]).toEqual({ seed: 1, figure: "slope", expected: ">= 0.9, <= 1.15", got: 1, passes: true });
});

test("train() leaves no tensors and is a function of the seed", async () => {
  const logits = (seed: number) =>
    train({ seed, iterations: 3 }, async (head) => {
      const y = tf.tidy(() => head.logits(tf.tensor2d([[1, 0]])));
      const values = await y.data();
      y.dispose();
      return [...values];
    });
  let first: number[] = [];
  await leakFree(async () => {
    first = await logits(0);
  });
  expect(first).toHaveLength(4);
  expect(first.every(Number.isFinite)).toBe(true);
  expect(await logits(0)).toEqual(first);
  expect(await logits(1)).not.toEqual(first);
  await leakFree(() =>
    expect(train({ seed: 0, iterations: 1 }, () => Promise.reject(new Error("no figures")))).rejects.toThrow(
      "no figures",
    ),
  );
});

test("readOptions() has defaults, takes the flags and refuses what it does not know", () => {
  expect(readOptions([], new Date("2026-01-02T03:04:05Z"))).toEqual({
    seeds: [0, 1, 2],
    iterations: 6000,
    backend: undefined,
    out: "runs/four_gaussians-2026-01-02T03-04-05",
    smoke: false,
  });
  expect(readOptions(["--smoke", "--out", "x"])).toEqual({
    seeds: [0],
    iterations: 20,
    backend: undefined,
    out: "x",
    smoke: true,
  });
  const given = ["--seeds", "7,8", "--iterations", "5", "--backend", "cpu", "--out", "x"];
  expect(readOptions(given)).toEqual({ seeds: [7, 8], iterations: 5, backend: "cpu", out: "x", smoke: false });
  expect(readOptions(["--help"])).toBeUndefined();
  expect(() => readOptions(["--seeds", "1,,2"])).toThrow("--seeds must be integers of at least 0 but is ");
  expect(() => readOptions(["--iterations", "0"])).toThrow("--iterations must be integers of at least 1 but is 0");
  expect(() => readOptions(["--backend", "gpu"])).toThrow("--backend must be one of native, wasm, cpu but is gpu");
  expect(() => readOptions(["--nonsense"])).toThrow("--nonsense");
});
