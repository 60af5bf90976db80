import { golden, leakFree } from "@jem-js-internal/testing";
import { matMul, mean, type Tensor, type Tensor2D, type Tensor4D, tensor2d, tensor4d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { fitGaussians, gaussiansOf, minimum } from "./_class_gaussians.ts";
import { detectorFromJson, mahalanobis, type Outputs, relativeMahalanobis } from "./mod.ts";

const EXACT = { rtol: 1e-9, atol: 1e-9 };
const { F3_maha: F3 } = golden("ood_fixtures");
const { features, labels, test: inputs, expected } = golden("mahalanobis");

const asFeatures = (x: Tensor): Outputs => ({ logits: x.slice([0, 0], [-1, 2]) as Tensor2D, features: { input: x } });

function fitHost(rows: number[][], y: number[], notes: string[] = []) {
  const fitting = fitGaussians("fit a test", "input", { shrinkage: "auto", background: true });
  fitting.add(Float64Array.from(rows.flat()), rows.length, Int32Array.from(y), Math.max(...y) + 1);
  return gaussiansOf(fitting.finish((text) => notes.push(text)));
}

describe("host-side float64", () => {
  test("distances of the fixture of scikit-learn", () => {
    const gaussians = fitHost(features, labels);
    const rows = inputs.map((row: number[]) => Float64Array.from(row));
    // The fixture carries 12 digits.
    expect(rows.flatMap((row: Float64Array) => [...gaussians.distances(row)])).toBeAllclose(
      expected.squared_distances.flat(),
      EXACT,
    );
    expect(rows.map((row: Float64Array) => -minimum(gaussians.distances(row)) / 2)).toBeAllclose(
      expected.score_lee2018_max_neg_half,
      EXACT,
    );
    expect(
      rows.map((row: Float64Array) => minimum(gaussians.distances(row)) - gaussians.backgroundDistances(row)[0]!),
    ).toBeAllclose(expected.relative_mahalanobis_distance, EXACT);
  });

  test("fixture F3, divided by N", () => {
    const gaussians = fitHost(F3.X, F3.Y);
    const rows = F3.test.map((row: number[]) => Float64Array.from(row));
    expect(rows.flatMap((row: Float64Array) => [...gaussians.distances(row)])).toBeAllclose(F3.d2_N.flat(), EXACT);
    expect(
      rows.map((row: Float64Array) => minimum(gaussians.distances(row)) - gaussians.backgroundDistances(row)[0]!),
    ).toBeAllclose(F3.rmd_N, EXACT);
    expect(gaussians.halfGradient(Float64Array.from(F3.pre.f))).toBeAllclose(
      // The gradient of the fixture is with respect to x, for f = A x.
      (() => {
        const [[a, b], [c, d]] = F3.pre.A;
        const [u, v] = F3.pre.grad_half_d2;
        const det = a * d - b * c;
        return [(d * u - c * v) / det, (-b * u + a * v) / det];
      })(),
      EXACT,
    );
  });

  test("distances are unchanged by an invertible affine map and by duplicating the data", () => {
    const map = ([a, b]: number[]): number[] => [3 * a! - b! + 100, a! + 0.5 * b! - 7];
    const plain = fitHost(F3.X, F3.Y);
    const mapped = fitHost(F3.X.map(map), F3.Y);
    const doubled = fitHost([...F3.X, ...F3.X], [...F3.Y, ...F3.Y]);
    for (const row of F3.test) {
      const before = plain.distances(Float64Array.from(row));
      expect(mapped.distances(Float64Array.from(map(row)))).toBeAllclose(before, EXACT);
      expect(doubled.distances(Float64Array.from(row))).toBeAllclose(before, EXACT);
      expect(doubled.backgroundDistances(Float64Array.from(row))).toBeAllclose(
        plain.backgroundDistances(Float64Array.from(row)),
        EXACT,
      );
    }
  });

  test("features that do not vary are dropped with a note", () => {
    const notes: string[] = [];
    const dead = fitHost(
      F3.X.map(([a, b]: number[]) => [a, 0, b, 5]),
      F3.Y,
      notes,
    );
    expect(notes).toEqual(['dropped 2 of 4 features of "input" that do not vary within a class']);
    expect(dead.distances(Float64Array.of(3.5, 9, 3.5, 9))).toBeAllclose(F3.d2_N[2], EXACT);
    expect([...dead.halfGradient(Float64Array.of(3.5, 9, 3.5, 9))].map((g) => g === 0)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  test("a covariance without full rank is shrunk by OAS with a note", () => {
    const notes: string[] = [];
    // Two classes of two: two degrees of freedom for three features. S = diag(1, 1, 0) with the two equal features.
    const rows = [
      [0, 0, 0],
      [2, 2, 0.5],
      [9, 9, 9],
      [11, 11, 9.5],
    ];
    const gaussians = fitHost(rows, [0, 0, 1, 1], notes);
    expect(notes[0]).toMatch(/^shrank the covariance of "input" by 0\.\d+: 4 examples for 3 features$/);
    // scikit-learn's formula by hand: S = vv' with v = (1, 1, 0.25).
    const alpha = 2.0625 ** 2 / 9;
    const mu = 2.0625 / 3;
    const rho = Math.min(1, (alpha + mu * mu) / (5 * (alpha - (mu * mu) / 3)));
    expect(Number(/by (.+):/.exec(notes[0]!)![1])).toBeAllclose(rho, EXACT);
    // (1 - rho) vv' + rho mu I has the inverse along v of 1 / ((1 - rho) |v|^2 + rho mu).
    const along = 2.0625 / ((1 - rho) * 2.0625 + rho * mu);
    expect(gaussians.distances(Float64Array.of(2, 2, 0.5))[0]).toBeAllclose(along, EXACT);
  });
});

test("mahalanobis() and relativeMahalanobis() reproduce fixture F3 through a classifier", async () => {
  const batch = { x: tensor2d(F3.X), labels: F3.Y };
  const detector = await mahalanobis().fit(asFeatures, batch);
  expect(await detector.score(tensor2d(F3.test))).toBeAllclose(F3.d2_N.map((row: number[]) => Math.min(...row)));
  const relative = await relativeMahalanobis().fit(asFeatures, batch);
  expect(await relative.score(tensor2d(F3.test))).toBeAllclose(F3.rmd_N);
});

test("mahalanobis() steps toward the nearest class: fixture F3", async () => {
  const linear = (x: Tensor): Outputs => ({
    logits: x as Tensor2D,
    features: { f: matMul(x as Tensor2D, tensor2d(F3.pre.A), false, true) },
  });
  // Fitted on features directly, then read through f = A x.
  const detector = await mahalanobis({ epsilon: F3.pre.eps }).fit(asFeatures, { x: tensor2d(F3.X), labels: F3.Y });
  const moved = detectorFromJson(JSON.parse(JSON.stringify(detector)), (x: Tensor) => ({
    ...linear(x),
    features: { penultimate: linear(x).features.f! },
  }));
  const [score] = await moved.score(tensor2d([F3.pre.x]));
  expect(score).toBeAllclose(-F3.pre.conf_after);
});

test("mahalanobis() averages maps over height and width, and sums over layers", async () => {
  const images = F3.X.flatMap(([a, b]: number[]) => [a! + 1, b! - 1, a! - 1, b! + 1]);
  const maps = (x: Tensor): Outputs => ({
    logits: mean(x as Tensor4D, [1, 2]) as Tensor2D,
    features: { map: x, pooled: mean(x as Tensor4D, [1, 2]) },
  });
  const x = tensor4d(images, [7, 1, 2, 2]);
  const at = tensor4d([3.5, 3.5, 3.5, 3.5, 10, 0, 10, 0], [2, 1, 2, 2]);
  const single = await mahalanobis({ layers: ["map"] }).fit(maps, { x, labels: F3.Y });
  const both = await mahalanobis({ layers: ["all"] }).fit(maps, { x, labels: F3.Y });
  expect(await single.score(at)).toBeAllclose([35 / 3, F3.d2_N[3][1]]);
  expect(await both.score(at)).toBeAllclose([70 / 3, 2 * F3.d2_N[3][1]]);
});

test("mahalanobis() with epsilon leaves no tensors behind", async () => {
  const batch = { x: tensor2d(F3.X), labels: F3.Y };
  const at = tensor2d(F3.test);
  await leakFree(async () => {
    const detector = await mahalanobis({ epsilon: 0.1 }).fit(asFeatures, batch);
    await detector.score(at);
  });
});

test("mahalanobis() gives reasons", async () => {
  const x = tensor2d(F3.X);
  expect(() => mahalanobis({ layers: [] })).toThrow("layers must be a list of at least one name but found []");
  expect(() => mahalanobis({ shrinkage: 2 })).toThrow('shrinkage must be "auto" or from 0 to 1 but found 2');
  await expect(mahalanobis().fit((x: Tensor) => x as Tensor2D, { x, labels: F3.Y })).rejects.toThrow(
    'it must give the feature "penultimate" but found a function without; return { logits, features',
  );
  await expect(mahalanobis().fit(asFeatures, { x })).rejects.toThrow(
    "Cannot fit mahalanobis: labels must be given with x",
  );
  await expect(mahalanobis().fit(asFeatures)).rejects.toThrow(
    "it must be given in-distribution examples but found none",
  );
  await expect(mahalanobis().fit(asFeatures, { x, labels: [0, 1, 2, 0, 1, 0, 1] })).rejects.toThrow(
    "labels must be below 2 but found 2 at 2",
  );
  const constant = tensor2d([1, 1, 1, 1], [2, 2]);
  await expect(mahalanobis().fit(asFeatures, { x: constant, labels: [0, 1] })).rejects.toThrow(
    'features of "penultimate" must vary within a class but found 2 constant ones',
  );
  const singular = { x: tensor2d([1, 1, 2, 2, 3, 3], [3, 2]), labels: [0, 0, 0] };
  await expect(mahalanobis({ shrinkage: 0 }).fit(asFeatures, singular)).rejects.toThrow('use shrinkage "auto"');
});
