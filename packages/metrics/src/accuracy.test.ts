import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { accuracy } from "./mod.ts";

test("accuracy() agrees with the fixture, on logits and on any increasing map of them", () => {
  const { logits, labels, expected } = golden("calibration");
  expect(accuracy(logits, labels)).toBeCloseTo(expected.accuracy, 10);
  expect(
    accuracy(
      logits.map((row: number[]) => row.map(Math.exp)),
      labels,
    ),
  ).toBeCloseTo(expected.accuracy, 10);
});

test("accuracy() predicts the first of equal values", () => {
  const tied = [[0, 2, 2]];
  expect([accuracy(tied, [0]), accuracy(tied, [1]), accuracy(tied, [2])]).toEqual([0, 1, 0]);
});

test("accuracy() takes infinite logits", () => {
  const { POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;
  expect(
    accuracy(
      [
        [NEGATIVE_INFINITY, -1e300],
        [0, POSITIVE_INFINITY],
      ],
      [1, 1],
    ),
  ).toBe(1);
});
