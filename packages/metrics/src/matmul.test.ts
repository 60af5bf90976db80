import { key, normalValues } from "@jem-js/random/values";
import "@jem-js-internal/testing";
import { expect, test } from "vitest";
import {
  type FlatMatrix,
  featureStatistics,
  frechetDistance,
  frechetDistanceInfinity,
  kernelDistance,
  kernelDistanceSubsets,
  type MatMul,
  manifoldMetrics,
} from "./mod.ts";

/** A product that counts what it multiplies and refuses operands that are not of their shape. */
function counting(): { matmul: MatMul; multiplications: () => number } {
  let multiplications = 0;
  return {
    multiplications: () => multiplications,
    matmul(a, b, m, k, n) {
      expect([a.length, b.length]).toEqual([m * k, k * n]);
      multiplications += m * k * n;
      const c = new Float64Array(m * n);
      for (let i = 0; i < m; i++)
        for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) c[i * n + j]! += a[i * k + p]! * b[p * n + j]!;
      return c;
    },
  };
}

const features = (seed: number, count: number, dimension: number): FlatMatrix => ({
  data: normalValues([1, seed], count * dimension),
  shape: [count, dimension],
});
const [a, b] = [features(1, 700, 6), features(2, 530, 6)];

test.each<[string, (matmul: MatMul | undefined) => ArrayLike<number>]>([
  ["featureStatistics", (matmul) => featureStatistics(a, { matmul }).covariance],
  ["frechetDistance", (matmul) => [frechetDistance(a, b, { matmul })]],
  ["frechetDistance of few", (matmul) => [frechetDistance(features(3, 5, 9), features(4, 7, 9), { matmul })]],
  ["frechetDistanceInfinity", (matmul) => frechetDistanceInfinity(a, b, { key: key(0), points: 3, matmul }).distances],
  ["kernelDistance", (matmul) => [kernelDistance(a, b, { matmul })]],
  ["kernelDistanceSubsets", (matmul) => kernelDistanceSubsets(a, b, { key: key(0), subsets: 2, matmul }).distances],
  ["manifoldMetrics", (matmul) => Object.values(manifoldMetrics(a, b, { matmul }))],
])("%s() with a plugged-in product agrees with its own", (_, metric) => {
  const { matmul, multiplications } = counting();
  expect(metric(matmul)).toBeAllclose(metric(undefined), { rtol: 1e-11, atol: 1e-12 });
  expect(multiplications()).toBeGreaterThan(0);
});

test("kernelDistance() multiplies each pair of blocks once", () => {
  const { matmul, multiplications } = counting();
  kernelDistance(features(1, 1400, 2), features(2, 1060, 2), { matmul });
  // Two blocks of 700 and two of 530: ten pairs of blocks, of which the four of a block with itself are full.
  const pairs = 3 * 700 ** 2 + 3 * 530 ** 2 + 4 * 700 * 530;
  expect(multiplications()).toBe(2 * pairs);
});

test("featureStatistics() multiplies what is on and right of the blocks of the diagonal", () => {
  const { matmul, multiplications } = counting();
  featureStatistics(features(5, 10, 1100), { matmul });
  expect(multiplications()).toBe(10 * (512 * 512 + 1024 * 512 + 1100 * 76));
});
