import { key, normalValues } from "@jem-js/random/values";
import { expect, test } from "vitest";
import { accuracy, bootstrapExamplesInterval, type FlatMatrix, gaussianCrps } from "./mod.ts";

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

test("bootstrapExamplesInterval() of a mean is that of the normal approximation", () => {
  const n = 400;
  const values = normalValues(key(1), n);
  const options = { key: key(2), resamples: 2000 };
  const { value, lower, upper, standardError } = bootstrapExamplesInterval(mean, [values], options);
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - value) ** 2, 0) / n);
  expect(value).toBe(mean(values));
  // Of 2000 samples the standard error is known to 1.6 %, the ends of the interval to about 3 %.
  expect(standardError / (deviation / Math.sqrt(n))).toBeCloseTo(1, 1);
  expect((upper - lower) / (2 * 1.96 * standardError)).toBeCloseTo(1, 1);
});

test("bootstrapExamplesInterval() keeps together what belongs to one example", () => {
  const rows = Array.from({ length: 50 }, (_, i) => [i % 2, 1 - (i % 2)]);
  const labels = rows.map(([p]) => (p === 1 ? 0 : 1));
  const flat: FlatMatrix = { data: Float32Array.from(rows.flat()), shape: [50, 2] };
  for (const matrix of [rows, flat]) {
    expect(bootstrapExamplesInterval(accuracy, [matrix, labels], { key: key(0), resamples: 50 })).toEqual({
      value: 1,
      standardError: 0,
      lower: 1,
      upper: 1,
    });
  }
  const crps = (m: ArrayLike<number>, std: ArrayLike<number>, y: ArrayLike<number>): number =>
    mean(gaussianCrps({ mean: m, std }, y));
  const data = [
    [0, 1],
    [1, 1],
    [0, 1],
  ] as const;
  expect(bootstrapExamplesInterval(crps, data, { key: key(0), resamples: 50 }).standardError).toBeCloseTo(0, 12);
});

test("bootstrapExamplesInterval() refuses data of no or of several lengths, and options out of range", () => {
  const k = { key: key(0) };
  expect(() => bootstrapExamplesInterval(mean, [[]], k)).toThrow("data must have at least 1 example but found 0");
  expect(() => bootstrapExamplesInterval((a: number[], b: number[]) => a.length + b.length, [[1, 2], [1]], k)).toThrow(
    "data must be of 2 examples but found 1 at 1",
  );
  expect(() => bootstrapExamplesInterval(() => 0, [], k)).toThrow("data must be a list of arrays or matrices");
  expect(() => bootstrapExamplesInterval(mean, [7 as unknown as number[]], k)).toThrow("but found 7");
  expect(() => bootstrapExamplesInterval(mean, [[1]], { ...k, resamples: 1 })).toThrow("resamples must be");
  expect(() => bootstrapExamplesInterval(mean, [[1]], { ...k, confidence: 1 })).toThrow("confidence must be in (0, 1)");
});
