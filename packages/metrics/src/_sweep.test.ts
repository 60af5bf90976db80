import { describe, expect, test } from "vitest";
import { auroc, averagePrecision, detectionError, fprAtTpr, rocCurve } from "./mod.ts";

const cases = [
  { metric: auroc, action: "compute the AUROC" },
  { metric: averagePrecision, action: "compute the average precision" },
  { metric: detectionError, action: "compute the detection error" },
  { metric: fprAtTpr, action: "compute the FPR at a TPR" },
  { metric: rocCurve, action: "compute the ROC curve" },
] as const;

describe.each(cases)("$metric.name()", ({ metric, action }) => {
  test("refuses empty scores", () => {
    expect(() => metric([], [1])).toThrow(
      new RangeError(`Cannot ${action}: positives must have at least 1 number but found 0`),
    );
    expect(() => metric([1], new Float32Array(0))).toThrow(
      new RangeError(`Cannot ${action}: negatives must have at least 1 number but found 0`),
    );
  });

  test("refuses scores that are not numbers and says where", () => {
    expect(() => metric([1, Number.NaN], [1])).toThrow(
      new RangeError(`Cannot ${action}: positives must be numbers but found NaN at 1`),
    );
    expect(() => metric([1], new Float32Array([0, 0, Number.NaN]))).toThrow(
      `Cannot ${action}: negatives must be numbers but found NaN at 2`,
    );
    // @ts-expect-error: as JSON turns NaN into null
    expect(() => metric([null], [1])).toThrow(`Cannot ${action}: positives must be numbers but found null at 0`);
  });

  test("refuses what is no array", () => {
    // @ts-expect-error: a number
    expect(() => metric(1, [1])).toThrow(
      new TypeError(`Cannot ${action}: positives must be an array or typed array but found 1`),
    );
    // @ts-expect-error: a tensor
    expect(() => metric([1], { dataId: {}, shape: [1] })).toThrow("found a tensor: read its values first");
  });
});
