import { describe, expect, test } from "vitest";
import {
  accuracy,
  brierScore,
  expectedCalibrationError,
  type Matrix,
  negativeLogLikelihood,
  reliabilityBins,
  temperatureScaling,
} from "./mod.ts";

const cases = [
  { metric: accuracy, action: "compute the accuracy", name: "probabilitiesOrLogits" },
  { metric: brierScore, action: "compute the Brier score", name: "probabilities" },
  { metric: expectedCalibrationError, action: "compute the expected calibration error", name: "probabilities" },
  { metric: negativeLogLikelihood, action: "compute the negative log-likelihood", name: "probabilities" },
  { metric: reliabilityBins, action: "compute reliability bins", name: "probabilities" },
  { metric: temperatureScaling, action: "fit a temperature", name: "logits" },
] as const;

describe.each(cases)("$metric.name()", ({ metric, action, name }) => {
  const rows = [
    [0.75, 0.25, 0],
    [0.25, 0.25, 0.5],
  ];

  test("takes rows, typed rows and values with their shape", () => {
    const result = JSON.stringify(metric(rows, [0, 1]));
    const flat = rows.flat();
    for (const matrix of [
      rows.map((row) => Float32Array.from(row)),
      { data: flat, shape: [2, 3] },
      { data: Float32Array.from(flat), shape: [2, 3] },
    ] satisfies Matrix[]) {
      expect(JSON.stringify(metric(matrix, new Int32Array([0, 1])))).toBe(result);
    }
    expect(flat).toEqual(rows.flat());
  });

  test("refuses what is no matrix", () => {
    const errors: [unknown, string][] = [
      [undefined, "must be rows or { data, shape } but found undefined"],
      [{ dataId: {}, data: () => {}, shape: [2, 3] }, "but found a tensor: read its values first"],
      [rows.flat(), "must be rows or { data, shape } but found 0.75 as row 0"],
      [[[0.5, 0.5], null], "must be rows or { data, shape } but found null as row 1"],
    ];
    for (const [matrix, message] of errors) {
      expect(() => metric(matrix as Matrix, [0, 1])).toThrow(TypeError);
      expect(() => metric(matrix as Matrix, [0, 1])).toThrow(message);
      expect(() => metric(matrix as Matrix, [0, 1])).toThrow(`Cannot ${action}: ${name} must be`);
    }
  });

  test("refuses shapes that do not fit", () => {
    expect(() => metric([[0.5, 0.5], [1]], [0, 1])).toThrow(
      new TypeError(`Cannot ${action}: rows of ${name} must have the same length but found 2 and, at 1, 1`),
    );
    expect(() => metric({ data: [0.5, 0.5, 1], shape: [2, 2] }, [0, 1])).toThrow(
      new TypeError(`Cannot ${action}: data of ${name} must have 4 values for shape [2, 2] but found 3`),
    );
    for (const shape of [[4], [1, 2, 2], [2.5, 2], [-2, -2]]) {
      expect(() => metric({ data: [1, 0, 0, 1], shape: shape as unknown as [number, number] }, [0, 1])).toThrow(
        new TypeError(`Cannot ${action}: shape of ${name} must be [n, classes] but found [${shape.join(", ")}]`),
      );
    }
  });

  test("refuses no rows and fewer than two classes", () => {
    for (const matrix of [[], { data: [], shape: [0, 3] }] satisfies Matrix[]) {
      expect(() => metric(matrix, [])).toThrow(
        new RangeError(`Cannot ${action}: ${name} must have at least 1 row but found 0`),
      );
    }
    expect(() => metric([[1], [1]], [0, 0])).toThrow(
      new RangeError(`Cannot ${action}: ${name} must have at least 2 classes but found 1`),
    );
  });

  test("refuses NaN and what is no number, and says where", () => {
    expect(() =>
      metric(
        [
          [0.5, 0.5],
          [1, Number.NaN],
        ],
        [0, 1],
      ),
    ).toThrow(RangeError);
    expect(() =>
      metric(
        [
          [0.5, 0.5],
          [1, Number.NaN],
        ],
        [0, 1],
      ),
    ).toThrow(/^Cannot .* but found NaN at \[1, 1\]$/);
    expect(() => metric({ data: [0, 1, 1, null as unknown as number], shape: [2, 2] }, [0, 1])).toThrow(
      "but found null at [1, 1]",
    );
  });

  test("refuses labels of the wrong length, kind or range", () => {
    expect(() => metric(rows, [0])).toThrow(new TypeError(`Cannot ${action}: labels must be [2] but found [1]`));
    expect(() => metric(rows, 0 as unknown as number[])).toThrow(
      new TypeError(`Cannot ${action}: labels must be an array or typed array but found 0`),
    );
    for (const label of [3, -1, 0.5, Number.NaN]) {
      expect(() => metric(rows, [0, label])).toThrow(
        new RangeError(`Cannot ${action}: labels must be integers from 0 to 2 but found ${label} at 1`),
      );
    }
  });
});

describe.each(cases.slice(1, 5))("$metric.name()", ({ metric, action }) => {
  test("refuses rows that are no distributions", () => {
    for (const p of [-0.001, 1.001, Number.POSITIVE_INFINITY]) {
      expect(() =>
        metric(
          [
            [0.5, 0.5],
            [p, 1 - p],
          ],
          [0, 1],
        ),
      ).toThrow(new RangeError(`Cannot ${action}: probabilities must be in [0, 1] but found ${p} at [1, 0]`));
    }
    expect(() =>
      metric(
        [
          [0.5, 0.5],
          [0.5, 0.25],
        ],
        [0, 1],
      ),
    ).toThrow(new RangeError(`Cannot ${action}: rows of probabilities must sum to 1 but found 0.75 at 1`));
  });

  test("takes rows that are rounded to float32", () => {
    const row = Float32Array.from({ length: 1000 }, () => 1 / 1000);
    expect(row.reduce((a, b) => a + b, 0)).not.toBe(1);
    metric([row], [0]);
    metric([[1 + 2 ** -23, 0]], [0]);
    metric([[0.5, 0.4995]], [0]);
    expect(() => metric([[0.5, 0.4985]], [0])).toThrow("must sum to 1");
  });
});
