import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { FINITE } from "./_numbers.ts";
import { readMatrix } from "./_read_matrix.ts";
import { softmaxRows } from "./_softmax.ts";
import { brierScore } from "./mod.ts";

test("brierScore() agrees with scikit-learn", () => {
  const { logits, labels, expected } = golden("calibration");
  const probabilities = softmaxRows(readMatrix("test", "logits", logits, FINITE), 1);
  expect(brierScore(probabilities, labels)).toBeCloseTo(expected.brier_multiclass, 10);
});

test("brierScore() is 0 for certain and right, 2 for certain and wrong, 1 - 1/K for uniform", () => {
  expect(brierScore([[0, 1, 0]], [1])).toBe(0);
  expect(brierScore([[0, 1, 0]], [2])).toBe(2);
  expect(brierScore([[0.25, 0.25, 0.25, 0.25]], [3])).toBe(0.75);
});
