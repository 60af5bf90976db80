import { rankingCases } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { rocCurve } from "./mod.ts";

test.each(rankingCases())("rocCurve() agrees with scikit-learn: %s", (_, fixture) => {
  const { scores_id, scores_ood, expected } = fixture;
  const { thresholds, fpr, tpr } = rocCurve(scores_id, scores_ood);
  const i = tpr.findIndex((rate) => rate >= 0.95);
  expect(thresholds[i]).toBe(expected.threshold95_id);
  expect(tpr[i]).toBeCloseTo(expected.tpr_at_that_point, 10);
  expect(fpr[i]).toBeCloseTo(expected.fpr95_id_positive, 10);
  const area = fpr.reduce((sum, x, k) => (k === 0 ? 0 : sum + ((x - fpr[k - 1]!) * (tpr[k]! + tpr[k - 1]!)) / 2), 0);
  expect(area).toBeCloseTo(expected.auroc, 10);
});

test("rocCurve() goes from (0, 0) to (1, 1) with one point for each distinct score", () => {
  const { thresholds, fpr, tpr } = rocCurve([2, 2, 1], [1, 0, 0, 3]);
  expect([...thresholds]).toEqual([Number.POSITIVE_INFINITY, 3, 2, 1, 0]);
  expect([...fpr]).toEqual([0, 0.25, 0.25, 0.5, 1]);
  expect([...tpr]).toEqual([0, 0, 2 / 3, 1, 1]);
});
