import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { FINITE } from "./_numbers.ts";
import { readMatrix } from "./_read_matrix.ts";
import { softmaxRows } from "./_softmax.ts";
import { reliabilityBins } from "./mod.ts";

test("reliabilityBins() keeps the counts, the accuracy and the mean confidence of the fixture", () => {
  const { logits, labels, expected } = golden("calibration");
  const probabilities = softmaxRows(readMatrix("test", "logits", logits, FINITE), 1);
  const bins = reliabilityBins(probabilities, labels);
  expect(bins).toHaveLength(15);
  const filled = bins.filter(({ count }) => count > 0);
  expect(filled.length).toBeGreaterThan(5);
  const weighted = (key: "accuracy" | "meanConfidence") =>
    filled.reduce((sum, bin) => sum + (bin.count / labels.length) * bin[key], 0);
  expect(filled.reduce((sum, { count }) => sum + count, 0)).toBe(labels.length);
  expect(weighted("accuracy")).toBeCloseTo(expected.accuracy, 10);
  expect(weighted("meanConfidence")).toBeCloseTo(expected.mean_confidence, 10);
  for (const { lower, upper, meanConfidence } of filled) {
    expect(meanConfidence).toBeGreaterThan(lower);
    expect(meanConfidence).toBeLessThanOrEqual(upper);
  }
});

test("reliabilityBins() counts a confidence on an edge to the bin below, or above when closed on the left", () => {
  for (let bins = 1; bins <= 60; bins++) {
    for (let k = Math.ceil(bins / 2); k <= bins; k++) {
      const row = [[k / bins, 1 - k / bins]];
      expect(reliabilityBins(row, [0], { bins }).findIndex(({ count }) => count === 1)).toBe(k - 1);
      expect(reliabilityBins(row, [0], { bins, closed: "left" }).findIndex(({ count }) => count === 1)).toBe(
        Math.min(k, bins - 1),
      );
    }
  }
});

test("reliabilityBins() returns empty bins with NaN means", () => {
  expect(reliabilityBins([[1, 0]], [1], { bins: 2 })).toEqual([
    { lower: 0, upper: 0.5, count: 0, meanConfidence: Number.NaN, accuracy: Number.NaN },
    { lower: 0.5, upper: 1, count: 1, meanConfidence: 1, accuracy: 0 },
  ]);
});

test("reliabilityBins() predicts one of two classes as of many, whatever labels occur", () => {
  const [bin] = reliabilityBins(
    [
      [0.75, 0.25],
      [0.75, 0.25],
    ],
    [0, 0],
    { bins: 1 },
  );
  expect(bin).toMatchObject({ count: 2, meanConfidence: 0.75, accuracy: 1 });
});

test("reliabilityBins() refuses bad options", () => {
  for (const bins of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => reliabilityBins([[1, 0]], [0], { bins })).toThrow(
      new RangeError(`Cannot compute reliability bins: bins must be a positive integer but found ${bins}`),
    );
  }
  // @ts-expect-error: not an end
  expect(() => reliabilityBins([[1, 0]], [0], { closed: "both" })).toThrow(
    "Cannot compute reliability bins: closed must be right or left but found both",
  );
});
