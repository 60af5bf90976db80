import { key, randintValues, uniformValues } from "@jem-js/random/values";
import { expect, test } from "vitest";
import { expectedCalibrationError, reliabilityAccumulator, reliabilityBins } from "./mod.ts";

const n = 300;
const probabilities = Array.from(uniformValues(key(1), n), (p) => [p, 1 - p]);
const labels = randintValues(key(2), n, { max: 2 });

test("reliabilityAccumulator() gives in batches, and merged, what it gives at once", () => {
  const [whole, half] = [reliabilityAccumulator({ bins: 7 }), reliabilityAccumulator({ bins: 7 })];
  for (const from of [0, 1, 40]) {
    const to = from === 0 ? 1 : from === 1 ? 40 : 200;
    whole.add(probabilities.slice(from, to), labels.subarray(from, to));
  }
  half.add(probabilities.slice(200), labels.subarray(200));
  whole.merge(half.bins());
  const expected = reliabilityBins(probabilities, labels, { bins: 7 });
  for (const [k, bin] of whole.bins().entries()) {
    expect(bin.count).toBe(expected[k]!.count);
    if (bin.count === 0) continue;
    expect(bin.accuracy).toBeCloseTo(expected[k]!.accuracy, 12);
    expect(bin.meanConfidence).toBeCloseTo(expected[k]!.meanConfidence, 12);
  }
  for (const norm of ["l1", "l2", "max", "mean"] as const) {
    const atOnce = expectedCalibrationError(probabilities, labels, { bins: 7, norm });
    expect(whole.error({ norm })).toBeCloseTo(atOnce, 12);
  }
});

test("reliabilityAccumulator() refuses bins of other edges, no examples and unknown options", () => {
  const accumulator = reliabilityAccumulator({ bins: 5 });
  expect(() => accumulator.error()).toThrow("there must be at least 1 example but found 0");
  expect(() => accumulator.merge(reliabilityBins([[1, 0]], [0], { bins: 4 }))).toThrow("bins must be 5 of equal width");
  expect(() => accumulator.merge(reliabilityBins([[1, 0]], [0], { bins: 5, binning: "mass" }))).toThrow(TypeError);
  accumulator.add([[1, 0]], [0]);
  expect(() => accumulator.error({ norm: "l3" as "l1" })).toThrow("norm must be l1 or l2 or max or mean but found l3");
  expect(() => accumulator.error({ debiased: true })).toThrow("norm must be l2 when debiased but found l1");
  expect(() => accumulator.add([[Number.NaN, 1]], [0])).toThrow(
    "probabilities must be in [0, 1] but found NaN at [0, 0]",
  );
  expect(() => reliabilityAccumulator({ bins: 0 })).toThrow("bins must be a positive integer but found 0");
});
