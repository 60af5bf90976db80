import { expect, test } from "vitest";
import { classwiseCalibrationError, expectedCalibrationError } from "./mod.ts";

const probabilities = [
  [0.7, 0.2, 0.1],
  [0.3, 0.3, 0.4],
  [0.05, 0.9, 0.05],
  [0.2, 0.5, 0.3],
];
const labels = [0, 2, 1, 0];

test("classwiseCalibrationError() is the mean of those of single classes", () => {
  const single = [0, 1, 2].map((k) => classwiseCalibrationError(probabilities, labels, { class: k }));
  const all = classwiseCalibrationError(probabilities, labels);
  expect(all).toBeCloseTo(single.reduce((a, b) => a + b, 0) / 3, 12);
});

test("classwiseCalibrationError() leaves out what is below the threshold", () => {
  // Of class 1 there are 0.9, which came true, and 0.5, which did not.
  const options = { class: 1, threshold: 0.5, bins: 10 };
  expect(classwiseCalibrationError(probabilities, labels, options)).toBeCloseTo((0.1 + 0.5) / 2, 12);
  expect(classwiseCalibrationError(probabilities, labels, { threshold: 1 })).toBe(0);
});

test.each(["l1", "l2", "max", "mean"] as const)(
  "classwiseCalibrationError() of one bin and norm %s is the bias",
  (norm) => {
    const error = classwiseCalibrationError(probabilities, labels, { class: 0, bins: 1, norm });
    expect(error).toBeCloseTo(Math.abs((0.7 + 0.3 + 0.05 + 0.2) / 4 - 0.5), 12);
  },
);

test("classwiseCalibrationError() refuses classes, thresholds and debiasing that there are not", () => {
  const fail =
    (options: object): (() => number) =>
    () =>
      classwiseCalibrationError(probabilities, labels, options);
  expect(fail({ class: 3 })).toThrow("class must be an integer from 0 to 2 but found 3");
  expect(fail({ class: 0.5 })).toThrow("class must be");
  expect(fail({ threshold: Number.NaN })).toThrow("threshold must be in [0, 1] but found NaN");
  expect(fail({ debiased: true })).toThrow("norm must be l2 when debiased but found l1");
  expect(fail({ norm: "l0" })).toThrow("norm must be");
  expect(() => expectedCalibrationError(probabilities, labels, { debiased: true })).toThrow("norm must be l2");
});
