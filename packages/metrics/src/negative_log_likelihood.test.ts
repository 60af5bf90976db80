import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { FINITE } from "./_numbers.ts";
import { readMatrix } from "./_read_matrix.ts";
import { softmaxRows } from "./_softmax.ts";
import { negativeLogLikelihood } from "./mod.ts";

test("negativeLogLikelihood() agrees with scikit-learn", () => {
  const { logits, labels, expected } = golden("calibration");
  const probabilities = softmaxRows(readMatrix("test", "logits", logits, FINITE), 1);
  expect(negativeLogLikelihood(probabilities, labels)).toBeCloseTo(expected.nll, 10);
});

test("negativeLogLikelihood() is Infinity for a label of probability 0 unless epsilon is set", () => {
  const { edge } = golden("calibration");
  expect(negativeLogLikelihood(edge.probs, edge.labels)).toBe(Number.POSITIVE_INFINITY);
  const clipped = edge.labels.map((y: number, i: number) => -Math.log(Math.max(edge.probs[i][y], 1e-12)));
  const mean = clipped.reduce((a: number, b: number) => a + b, 0) / clipped.length;
  expect(negativeLogLikelihood(edge.probs, edge.labels, { epsilon: 1e-12 })).toBeCloseTo(mean, 10);
  expect(negativeLogLikelihood([[0, 1]], [1])).toBe(0);
});

test("negativeLogLikelihood() is never negative, also for a probability that rounding left above 1", () => {
  expect(negativeLogLikelihood([[1 + 2 ** -23, 0]], [0])).toBe(0);
});

test("negativeLogLikelihood() refuses an epsilon outside [0, 1)", () => {
  for (const epsilon of [-1e-12, 1, Number.NaN]) {
    expect(() => negativeLogLikelihood([[0.5, 0.5]], [0], { epsilon })).toThrow(
      new RangeError(`Cannot compute the negative log-likelihood: epsilon must be in [0, 1) but found ${epsilon}`),
    );
  }
});
