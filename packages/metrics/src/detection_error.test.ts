import { rankingCases } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { detectionError } from "./mod.ts";

test.each(rankingCases())("detectionError() agrees with scikit-learn: %s", (_, fixture) => {
  const { scores_id, scores_ood, expected } = fixture;
  expect(detectionError(scores_id, scores_ood)).toBeCloseTo(expected.detection_error_min, 10);
});

test("detectionError() weighs both sides alike, however many scores they have", () => {
  expect(detectionError([2, 0], [1])).toBe(0.25);
  expect(detectionError([2, 2, 2, 0, 0, 0], [1])).toBe(0.25);
});

test("detectionError() is never above one half", () => {
  expect(detectionError([0], [1])).toBe(0.5);
});
