import "@jem-js-internal/testing";
import { key, normalValues } from "@jem-js/random/values";
import { expect, test } from "vitest";
import { type FlatMatrix, featureStatistics, mergeFeatureStatistics } from "./mod.ts";

test("mergeFeatureStatistics() is the statistics of all rows, far from 0 too", () => {
  const data = Float64Array.from(normalValues(key(1), 60), (x, i) => x + 1e7 * (i % 3));
  const rows = (from: number, to: number): FlatMatrix => ({
    data: data.subarray(3 * from, 3 * to),
    shape: [to - from, 3],
  });
  const merged = mergeFeatureStatistics(featureStatistics(rows(0, 13)), featureStatistics(rows(13, 20)));
  const whole = featureStatistics(rows(0, 20));
  expect(merged.count).toBe(20);
  expect(merged.mean).toBeAllclose(whole.mean, { rtol: 1e-12, atol: 0 });
  expect(merged.covariance).toBeAllclose(whole.covariance, { rtol: 1e-9, atol: 1e-6 });
});

test("mergeFeatureStatistics() refuses other extractors and dimensions", () => {
  const a = featureStatistics([[1], [2]], { extractor: "pixels" });
  const b = featureStatistics([[1], [2]], { extractor: "inception" });
  expect(() => mergeFeatureStatistics(a, b)).toThrow(
    "both sets must be of one extractor but found pixels and inception",
  );
  const wide = featureStatistics(
    [
      [1, 2],
      [2, 3],
    ],
    { extractor: "pixels" },
  );
  expect(() => mergeFeatureStatistics(a, wide)).toThrow("both sets must have the same dimension but found 1 and 2");
});
