import { rankingCases } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { averagePrecision } from "./mod.ts";

const negated = (values: number[]): number[] => values.map((s) => -s);

test.each(rankingCases())("averagePrecision() agrees with scikit-learn: %s", (_, fixture) => {
  const { scores_id, scores_ood, expected } = fixture;
  const trapezoid = { method: "trapezoid" } as const;
  expect(averagePrecision(scores_id, scores_ood)).toBeCloseTo(expected.aupr_in_ap, 10);
  expect(averagePrecision(negated(scores_ood), negated(scores_id))).toBeCloseTo(expected.aupr_out_ap, 10);
  expect(averagePrecision(scores_id, scores_ood, trapezoid)).toBeCloseTo(expected.aupr_in_trapz, 10);
  expect(averagePrecision(negated(scores_ood), negated(scores_id), trapezoid)).toBeCloseTo(expected.aupr_out_trapz, 10);
});

test("averagePrecision() is the share of positives when all scores are equal", () => {
  expect(averagePrecision([1], [1, 1, 1])).toBe(0.25);
});

test("averagePrecision() does not depend on the order of the arrays", () => {
  expect(averagePrecision([0, 2, 1, 1], [2, 1, 0])).toBe(averagePrecision([1, 1, 2, 0], [0, 1, 2]));
});

test("averagePrecision() refuses an unknown method", () => {
  // @ts-expect-error: not a method
  expect(() => averagePrecision([1], [0], { method: "simpson" })).toThrow(
    "Cannot compute the average precision: method must be step or trapezoid but found simpson",
  );
});
