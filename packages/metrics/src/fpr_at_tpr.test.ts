import { rankingCases } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { fprAtTpr } from "./mod.ts";

const negated = (values: number[]): number[] => values.map((s) => -s);

test.each(rankingCases())("fprAtTpr() agrees with scikit-learn: %s", (_, fixture) => {
  const { scores_id, scores_ood, expected } = fixture;
  expect(fprAtTpr(scores_id, scores_ood)).toBeCloseTo(expected.fpr95_id_positive, 10);
  expect(fprAtTpr(negated(scores_ood), negated(scores_id))).toBeCloseTo(expected.fpr95_ood_positive, 10);
});

test("fprAtTpr() stops at a true positive rate that is reached exactly, however it rounds", () => {
  for (let n = 1; n <= 60; n++) {
    // Positives n, ..., 1, each with a negative just below: after k positives, k - 1 negatives are accepted.
    const positives = Array.from({ length: n }, (_, i) => n - i);
    const negatives = positives.map((s) => s - 0.5);
    for (let k = 1; k <= n; k++) expect(fprAtTpr(positives, negatives, { tpr: k / n })).toBe((k - 1) / n);
  }
  const percentiles = Array.from({ length: 100 }, (_, i) => i);
  expect(
    fprAtTpr(
      percentiles,
      percentiles.map((s) => s - 0.5),
      { tpr: 0.95 },
    ),
  ).toBe(0.94);
});

test("fprAtTpr() accepts equal scores together", () => {
  expect(fprAtTpr([2, 1, 1, 1], [1, 1, 0], { tpr: 0.5 })).toBeCloseTo(2 / 3);
  expect(fprAtTpr([2, 1, 1, 1], [1, 1, 0], { tpr: 0.25 })).toBe(0);
});

test("fprAtTpr() depends on which side is positive", () => {
  const inliers = [0.1, 0.2, 0.2, 0.4, 0.5];
  const outliers = [0.2, 0.5, 0.6, 0.9];
  expect(fprAtTpr(outliers, inliers)).toBe(0.8);
  expect(fprAtTpr(negated(inliers), negated(outliers))).toBe(0.5);
});

test("fprAtTpr() refuses a rate outside (0, 1]", () => {
  for (const tpr of [0, -0.5, 1.01, 95, Number.NaN]) {
    expect(() => fprAtTpr([1], [0], { tpr })).toThrow(
      `Cannot compute the FPR at a TPR: tpr must be in (0, 1] but found ${tpr}`,
    );
  }
});
