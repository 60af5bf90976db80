import { golden } from "@jem-js-internal/testing";
import { describe, expect, test } from "vitest";
import { FINITE } from "./_numbers.ts";
import { readMatrix } from "./_read_matrix.ts";
import { softmaxRows } from "./_softmax.ts";
import { accuracy, expectedCalibrationError, negativeLogLikelihood, temperatureScaling } from "./mod.ts";

/** The loss that is minimised, by the other route: softmax and the negative log-likelihood. */
function lossAt(temperature: number, logits: number[][], labels: number[]): number {
  const matrix = readMatrix("test", "logits", logits, FINITE);
  return negativeLogLikelihood(softmaxRows(matrix, temperature), labels);
}

/** Logits of a given scale and labels that a classifier gets right about `share` of the time: the same in every run. */
function problem(seed: number, scale: number, share: number): { logits: number[][]; labels: number[] } {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const logits = Array.from({ length: 40 }, () => Array.from({ length: 4 }, () => scale * (next() - 0.5)));
  const labels = logits.map((row) => (next() < share ? row.indexOf(Math.max(...row)) : Math.floor(4 * next())));
  return { logits, labels };
}

describe("temperatureScaling() reproduces the fixture", () => {
  const { logits, labels, temperature: expected } = golden("calibration");
  const { temperature, transform } = temperatureScaling(logits, labels);

  test("its temperature", () => expect(temperature).toBeCloseTo(expected.T, 10));

  test("the loss and the calibration error after it, at the same accuracy", () => {
    const calibrated = transform(logits);
    expect(negativeLogLikelihood(calibrated, labels)).toBeCloseTo(expected.nll, 10);
    expect(expectedCalibrationError(calibrated, labels)).toBeCloseTo(expected.ece15_l1_after, 10);
    expect(accuracy(calibrated, labels)).toBe(accuracy(logits, labels));
    expect(lossAt(1, logits, labels)).toBeCloseTo(expected.nll_at_1, 10);
  });
});

test("temperatureScaling() can sharpen", () => {
  // From scipy: a diffident classifier.
  const logits = [
    [4, 1, 0],
    [3, 2.5, 0],
    [0, 5, 1],
    [2, 0, 1.5],
    [6, 0, 0],
    [0, 1, 4],
    [1, 3, 2],
    [5, 4, 0],
  ];
  const { temperature } = temperatureScaling(logits, [0, 1, 1, 2, 0, 2, 1, 0]);
  expect(temperature).toBeCloseTo(0.6921314437344537, 8);
});

test("temperatureScaling() has a closed form for equal margins", () => {
  // m of n right at margin d: softmax(d / T) = m / n.
  for (const [right, margin] of [
    [9, 0.5],
    [6, 7],
    [9, 150],
    [99, 0.05],
  ] as const) {
    const n = right > 10 ? 100 : 10;
    const logits = Array.from({ length: n }, () => [margin, 0]);
    const labels = logits.map((_, i) => (i < right ? 0 : 1));
    expect(temperatureScaling(logits, labels).temperature).toBeAllclose(margin / Math.log(right / (n - right)), {
      rtol: 1e-10,
    });
  }
});

test("temperatureScaling() finds a minimum on problems of every scale, and keeps to its bounds", () => {
  let inside = 0;
  for (let seed = 0; seed < 300; seed++) {
    const { logits, labels } = problem(seed, 10 ** ((seed % 13) / 2 - 3), 0.2 + (seed % 7) / 10);
    const { temperature } = temperatureScaling(logits, labels);
    expect(temperature).toBeGreaterThanOrEqual(0.01);
    expect(temperature).toBeLessThanOrEqual(100);
    const loss = lossAt(temperature, logits, labels);
    for (const factor of [0.5, 0.99, 1.01, 2]) {
      const other = Math.min(100, Math.max(0.01, temperature * factor));
      expect(loss).toBeLessThanOrEqual(lossAt(other, logits, labels) * (1 + 1e-14));
    }
    if (temperature > 0.01 && temperature < 100) inside += 1;
  }
  expect(inside).toBeGreaterThan(100);
});

test("temperatureScaling() scales with the logits and ignores what is added to a row", () => {
  const { logits, labels } = problem(1, 4, 0.6);
  const { temperature } = temperatureScaling(logits, labels);
  const scaled = logits.map((row, i) => row.map((z) => 8 * z + 1000 * i));
  expect(temperatureScaling(scaled, labels).temperature).toBeCloseTo(8 * temperature, 8);
});

test("temperatureScaling() ends at a bound when there is no minimum inside", () => {
  for (const margin of [0.01, 1, 10, 1000, 1e4]) {
    expect(
      temperatureScaling(
        [
          [margin, 0],
          [0, margin],
        ],
        [0, 1],
      ).temperature,
    ).toBe(0.01);
    expect(
      temperatureScaling(
        [
          [margin, 0],
          [0, margin],
        ],
        [1, 0],
      ).temperature,
    ).toBe(100);
  }
  // As many right as wrong; and logits whose difference overflows.
  expect(
    temperatureScaling(
      [
        [1, 0],
        [1, 0],
      ],
      [0, 1],
    ).temperature,
  ).toBe(100);
  expect(temperatureScaling([[1e308, -1e308]], [1]).temperature).toBe(100);
});

test("temperatureScaling() is 1 when no temperature makes a difference", () => {
  expect(
    temperatureScaling(
      [
        [0.1, 0.1, 0.1],
        [-7, -7, -7],
      ],
      [0, 2],
    ).temperature,
  ).toBe(1);
  expect(temperatureScaling([[1e308, -1e308]], [0]).temperature).toBe(1);
});

test("temperatureScaling() fits where all labels are of one class", () => {
  const logits = [
    [2, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
    [3, 0, 1],
  ];
  const { temperature } = temperatureScaling(logits, [0, 0, 0, 0]);
  expect(temperature).toBeGreaterThan(0.01);
  expect(temperature).toBeLessThan(100);
});

test("temperatureScaling().transform() gives distributions that keep the order of the logits", () => {
  const { transform } = temperatureScaling(
    [
      [2, 0],
      [2, 0],
      [2, 0],
    ],
    [0, 0, 1],
  );
  const [row, extreme] = transform({ data: [3, -1, 0, 1e4, 0, -1e4], shape: [2, 3] });
  expect(row!.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 15);
  expect(row![0]! > row![2]! && row![2]! > row![1]!).toBe(true);
  expect([...extreme!]).toEqual([1, 0, 0]);
  expect(() => transform([[0, Number.POSITIVE_INFINITY]])).toThrow(
    new RangeError("Cannot apply a temperature: logits must be finite but found Infinity at [0, 1]"),
  );
});

test("temperatureScaling() refuses logits that are not finite", () => {
  expect(() => temperatureScaling([[0, Number.NEGATIVE_INFINITY]], [0])).toThrow(
    new RangeError("Cannot fit a temperature: logits must be finite but found -Infinity at [0, 1]"),
  );
});
