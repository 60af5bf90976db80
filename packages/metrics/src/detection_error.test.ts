import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { detectionError } from "./mod.ts";

test.each(Object.entries(golden("ood_metrics").cases))(
  "detectionError() agrees with scikit-learn: %s",
  (_, fixture) => {
    // biome-ignore lint/suspicious/noExplicitAny: a fixture
    const { scores_id, scores_ood, expected } = fixture as any;
    expect(detectionError(scores_id, scores_ood)).toBeCloseTo(expected.detection_error_min, 10);
  },
);

test("detectionError() weighs both sides alike, however many scores they have", () => {
  expect(detectionError([2, 0], [1])).toBe(0.25);
  expect(detectionError([2, 2, 2, 0, 0, 0], [1])).toBe(0.25);
});

test("detectionError() is never above one half", () => {
  expect(detectionError([0], [1])).toBe(0.5);
});
