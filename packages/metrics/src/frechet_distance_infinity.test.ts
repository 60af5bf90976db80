import { key, normalValues, permutationValues, split } from "@jem-js/random/values";
import "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { featureStatistics, frechetDistance, frechetDistanceInfinity, frechetExtrapolation } from "./mod.ts";

const features = (seed: number, count: number, dimension: number) =>
  ({ data: normalValues([2, seed], count * dimension), shape: [count, dimension] }) as const;

test("frechetDistanceInfinity() is the line through the distances of its subsets, with few examples too", () => {
  const reference = features(1, 90, 12);
  const generated = features(2, 60, 12);
  const options = { key: key(3), points: 4, smallest: 8 };
  const line = frechetDistanceInfinity(reference, generated, options);
  expect([...line.counts]).toEqual([8, 25, 43, 60]);
  const keys = split(key(3), 4);
  line.counts.forEach((n, i) => {
    const rows = Array.from(permutationValues(keys[i]!, 60).subarray(0, n), (row) =>
      generated.data.slice(12 * row, 12 * row + 12),
    );
    expect(line.distances[i]!).toBeAllclose(frechetDistance(reference, rows), { rtol: 1e-9, atol: 1e-9 });
  });
  const { distance, slope } = frechetExtrapolation(line.counts, line.distances);
  expect([line.distance, line.slope]).toEqual([distance, slope]);
  const { distances } = frechetDistanceInfinity(featureStatistics(reference), generated, options);
  expect(distances).toBeAllclose(line.distances, { rtol: 1e-9, atol: 1e-9 });
});

test("frechetDistanceInfinity() takes the bias d (d + 5) / 4 n of standard normal examples away", () => {
  const d = 4;
  const identity = Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0));
  const exact = { mean: new Float64Array(d), covariance: identity, count: 2, extractor: "exact" };
  const lines = Array.from({ length: 40 }, (_, i) =>
    frechetDistanceInfinity(exact, features(10 + i, 4000, d), { key: key(i), smallest: 200 }),
  );
  const check = (values: number[], expected: number, bias: number): void => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(variance / values.length) + bias);
  };
  const slope = (d * (d + 5)) / 4;
  // The next term of the bias is of the order of d / n, 2 % at the smallest subset.
  check(
    lines.map((line) => line.slope),
    slope,
    0.02 * slope,
  );
  check(
    lines.map((line) => line.distance),
    0,
    (0.02 * slope) / 200,
  );
});

test("frechetDistanceInfinity() checks its sets and options before any work", () => {
  const set = features(1, 10, 2);
  expect(() => frechetDistanceInfinity(set, set, { key: key(0), points: 1 })).toThrow(
    "points must be an integer of at least 2 but found 1",
  );
  expect(() => frechetDistanceInfinity(set, set, { key: key(0), smallest: 10 })).toThrow(
    "smallest must be below the 10 examples but found 10",
  );
  expect(() => frechetDistanceInfinity(set, features(1, 10, 3), { key: key(0) })).toThrow(
    "both sets must have the same dimension but found 2 and 3",
  );
  expect(() => frechetDistanceInfinity([[0]], set, { key: key(0) })).toThrow(
    "reference must have at least 2 rows but found 1",
  );
  expect(() => frechetExtrapolation([5, 5], [1, 2])).toThrow("counts must have two different ones but found 5");
});
