import { rankingCases } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { auroc } from "./mod.ts";

/** Numbers in [0, 1) by a linear congruential generator: the same in every run. */
function numbers(seed: number, count: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

/** The definition, over all pairs. */
function overAllPairs(positives: Float64Array, negatives: Float64Array): number {
  let sum = 0;
  for (const p of positives) for (const n of negatives) sum += p > n ? 1 : p === n ? 0.5 : 0;
  return sum / (positives.length * negatives.length);
}

const scores = {
  "distinct scores": [numbers(1, 83).map((u) => u + 0.2), numbers(2, 57)],
  "many ties": [numbers(3, 83).map((u) => Math.floor(6 * u + 1)), numbers(4, 57).map((u) => Math.floor(6 * u))],
} as const;

test.each(rankingCases())("auroc() agrees with scikit-learn: %s", (_, fixture) => {
  const { scores_id, scores_ood, expected } = fixture;
  expect(auroc(scores_id, scores_ood)).toBeCloseTo(expected.auroc, 10);
  const negated = (values: number[]) => values.map((s) => -s);
  expect(auroc(negated(scores_ood), negated(scores_id))).toBeCloseTo(expected.auroc, 10);
});

test.each(Object.entries(scores))("auroc() is the share of ordered pairs: %s", (_, [positives, negatives]) => {
  expect(auroc(positives, negatives)).toBeCloseTo(overAllPairs(positives, negatives), 14);
});

test.each(Object.entries(scores))(
  "auroc() depends on the order of the scores only: %s",
  (_, [positives, negatives]) => {
    const area = auroc(positives, negatives);
    const increasing = [(s: number) => s ** 3, (s: number) => Math.exp(s), (s: number) => 1e6 * s - 1e9];
    for (const f of increasing) expect(auroc(positives.map(f), negatives.map(f))).toBe(area);
    expect(auroc(positives.slice().reverse(), negatives.slice().sort())).toBe(area);
  },
);

test.each(Object.entries(scores))("auroc() of both sides adds up to 1: %s", (_, [positives, negatives]) => {
  expect(auroc(positives, negatives) + auroc(negatives, positives)).toBeCloseTo(1, 15);
});

test("auroc() counts ties as one half", () => {
  expect(auroc([1, 2], [1])).toBe(0.75);
  expect(auroc([1, 1, 1], [1, 1])).toBe(0.5);
  expect(auroc([0], [-0])).toBe(0.5);
});

test("auroc() of one score on each side is 0, one half or 1", () => {
  expect([auroc([1], [2]), auroc([2], [2]), auroc([3], [2])]).toEqual([0, 0.5, 1]);
});

test("auroc() does not squash scores of a large scale", () => {
  expect(auroc([40, 50], [20, 30])).toBe(1);
  expect(auroc([1e300, 2 ** -1074], [0, -1e300])).toBe(1);
});

test("auroc() takes infinite scores", () => {
  const { POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;
  expect(auroc([POSITIVE_INFINITY, 0], [0, NEGATIVE_INFINITY])).toBe(0.875);
  expect(auroc([NEGATIVE_INFINITY], [NEGATIVE_INFINITY])).toBe(0.5);
  expect(auroc([NEGATIVE_INFINITY], [0])).toBe(0);
});

test("auroc() leaves its arguments as they are", () => {
  const positives = new Float32Array([3, 1, 2]);
  auroc(positives, Object.freeze([2, 1]));
  expect([...positives]).toEqual([3, 1, 2]);
});
