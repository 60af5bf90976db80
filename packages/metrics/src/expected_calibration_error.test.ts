import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { FINITE } from "./_numbers.ts";
import { readMatrix } from "./_read_matrix.ts";
import { softmaxRows } from "./_softmax.ts";
import { expectedCalibrationError } from "./mod.ts";

const { logits, labels, expected, edge } = golden("calibration");
const probabilities = softmaxRows(readMatrix("test", "logits", logits, FINITE), 1);

test("expectedCalibrationError() agrees with torchmetrics, in every norm", () => {
  expect(expectedCalibrationError(probabilities, labels)).toBeCloseTo(expected.ece15_l1, 10);
  // The l2 value of the fixture is a float32 number, one unit in the last place (1.5e-8) off. The other is the definition
  // in decimal arithmetic of 40 digits.
  const l2 = expectedCalibrationError(probabilities, labels, { norm: "l2" });
  expect(Math.abs(l2 - expected.ece15_l2)).toBeLessThan(2 ** -26);
  expect(l2).toBeCloseTo(0.24433499615292567, 14);
  expect(expectedCalibrationError(probabilities, labels, { norm: "max" })).toBeCloseTo(expected.ece15_max, 10);
  expect(expectedCalibrationError(probabilities, labels, { bins: 20 })).toBeCloseTo(expected.ece20_l1, 10);
});

test("expectedCalibrationError() closes bins on the right, or on the left when told", () => {
  const options = { bins: edge.n_bins };
  expect(expectedCalibrationError(edge.probs, edge.labels, options)).toBeCloseTo(edge.right_closed_guo, 10);
  expect(expectedCalibrationError(edge.probs, edge.labels, { ...options, closed: "left" })).toBeCloseTo(
    edge.left_closed_last_both,
    10,
  );
});

test("expectedCalibrationError() has confidence 1 in the last bin", () => {
  // A bin of its own for confidence 1 would give 0.525.
  const options = { bins: 10 };
  expect(
    expectedCalibrationError(
      [
        [0.95, 0.05],
        [1, 0],
      ],
      [0, 1],
      options,
    ),
  ).toBeCloseTo(0.475, 12);
  expect(
    expectedCalibrationError(
      [
        [0.95, 0.05],
        [1, 0],
      ],
      [0, 1],
      { ...options, closed: "left" },
    ),
  ).toBeCloseTo(0.475, 12);
});

test("expectedCalibrationError() is 0 for certain and right, 1 for certain and wrong", () => {
  for (const norm of ["l1", "l2", "max"] as const) {
    expect(
      expectedCalibrationError(
        [
          [1, 0],
          [0, 1],
        ],
        [0, 1],
        { norm },
      ),
    ).toBe(0);
    expect(
      expectedCalibrationError(
        [
          [1, 0],
          [0, 1],
        ],
        [1, 0],
        { norm },
      ),
    ).toBe(1);
  }
});

test("expectedCalibrationError() does not depend on the order of the rows", () => {
  expect(expectedCalibrationError([...probabilities].reverse(), [...labels].reverse())).toBeCloseTo(
    expected.ece15_l1,
    10,
  );
});

test("expectedCalibrationError() refuses bad options", () => {
  expect(() => expectedCalibrationError([[1, 0]], [0], { bins: 0 })).toThrow(
    "Cannot compute the expected calibration error: bins must be a positive integer but found 0",
  );
  // @ts-expect-error: not a norm
  expect(() => expectedCalibrationError([[1, 0]], [0], { norm: "l3" })).toThrow(
    new TypeError("Cannot compute the expected calibration error: norm must be l1 or l2 or max or mean but found l3"),
  );
});
