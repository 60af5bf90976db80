import { expect, test } from "vitest";
import { reliabilityBins, reliabilityIntervals, wilsonInterval } from "./mod.ts";

test("reliabilityIntervals() are those of Wilson for the successes of each bin, all of [0, 1] where it is empty", () => {
  const probabilities = [0.9, 0.95, 0.8, 0.3].map((p) => [p, 1 - p]);
  const bins = reliabilityBins(probabilities, [0, 1, 0, 0], { bins: 4 });
  expect(bins.map(({ count }) => count)).toEqual([0, 0, 1, 3]);
  expect(reliabilityIntervals(bins, { confidence: 0.9 })).toEqual([
    { lower: 0, upper: 1 },
    { lower: 0, upper: 1 },
    wilsonInterval(0, 1, { confidence: 0.9 }),
    wilsonInterval(2, 3, { confidence: 0.9 }),
  ]);
});

test("reliabilityIntervals() refuses a confidence outside of (0, 1)", () => {
  const bins = reliabilityBins([[1, 0]], [0]);
  expect(() => reliabilityIntervals(bins, { confidence: 1 })).toThrow("confidence must be in (0, 1) but found 1");
});
