import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { averagePrecision, precisionRecallCurve } from "./mod.ts";

test("precisionRecallCurve() starts at nothing, groups ties and ends at everything", () => {
  const { thresholds, precision, recall } = precisionRecallCurve([3, 1, 1], [2, 1]);
  expect([...thresholds]).toEqual([Number.POSITIVE_INFINITY, 3, 2, 1]);
  expect([...precision]).toEqual([1, 1, 1 / 2, 3 / 5]);
  expect([...recall]).toEqual([0, 1 / 3, 1 / 3, 1]);
});

test("precisionRecallCurve() has the areas of scikit-learn under its steps and lines", () => {
  const { F2_rank: f } = golden("ood_fixtures");
  const { precision, recall } = precisionRecallCurve(f.ood, f.id);
  let [steps, lines] = [0, 0];
  for (let i = 1; i < recall.length; i++) {
    steps += (recall[i]! - recall[i - 1]!) * precision[i]!;
    lines += ((recall[i]! - recall[i - 1]!) * (precision[i]! + precision[i - 1]!)) / 2;
  }
  expect(steps).toBeCloseTo(f.ap_out, 10);
  expect(lines).toBeCloseTo(f.aupr_trapz_out, 10);
  expect(averagePrecision(f.ood, f.id)).toBeCloseTo(steps, 12);
});
