import { leakFree } from "@jem-js-internal/testing";
import { tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  categorical,
  key,
  permutation,
  permutationValues,
  randint,
  randintValues,
  uniform,
  uniformValues,
} from "./mod.ts";

/** Pearson's statistic of counts against probabilities. */
function chiSquared(counts: ArrayLike<number>, probabilities: readonly number[]): number {
  const n = Array.from(counts).reduce((sum, count) => sum + count, 0);
  return probabilities.reduce((sum, p, i) => sum + (counts[i]! - n * p) ** 2 / (n * p), 0);
}

function countOf(values: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < values.length; i++) counts[values[i]!]! += 1;
  return counts;
}

test("uniformValues() fills [min, max) evenly and never reaches max", () => {
  const values = uniformValues(key(1), 100_000, { min: -1, max: 1 });
  expect(values.every((x) => x >= -1 && x < 1)).toBe(true);
  const counts = countOf(
    values.map((x) => Math.floor(10 * (x + 1))),
    20,
  );
  expect(chiSquared(counts, new Array(20).fill(0.05))).toBeLessThan(43.8); // 0.1 % point at 19 degrees of freedom
  // A range of two float32 numbers: rounding would reach max for half of the draws.
  const next = 1 + 2 ** -23;
  expect(uniformValues(key(2), 1000, { min: 1, max: next }).every((x) => x === 1)).toBe(true);
  expect(uniformValues(key(2), 1000, { min: -next, max: -1 }).every((x) => x < -1)).toBe(true);
});

test("uniform() throws on an empty or infinite range", () => {
  expect(() => uniform(key(0), [2], { min: 1, max: 1 })).toThrow("min must be less than max");
  expect(() => uniform(key(0), [2], { max: Number.POSITIVE_INFINITY })).toThrow(
    "max must be finite but found Infinity",
  );
});

test("randintValues() draws every integer equally often", () => {
  const counts = countOf(randintValues(key(3), 70_000, { max: 7 }), 7);
  expect(chiSquared(counts, new Array(7).fill(1 / 7))).toBeLessThan(22.5); // 0.1 % point at 6 degrees of freedom
  const wide = randintValues(key(3), 1000, { min: -(2 ** 31), max: 2 ** 31 });
  expect(Math.min(...wide)).toBeLessThan(-(2 ** 30));
  expect(Math.max(...wide)).toBeGreaterThan(2 ** 30);
});

test("randint() throws when max is not above min", () => {
  expect(() => randint(key(0), [1], { min: 3, max: 3 })).toThrow(
    "max must be an integer from 4 to 2147483648 but found 3",
  );
});

test("permutationValues() draws each order equally often", () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 12_000; i++) {
    const order = permutationValues(key(i), 4).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  expect(chiSquared([...counts.values()], new Array(24).fill(1 / 24))).toBeLessThan(49.7); // 0.1 %, 23 degrees
  expect([...permutationValues(key(0), 0)]).toEqual([]);
  expect([...permutationValues(key(0), 1)]).toEqual([0]);
});

test("categorical() follows softmax(logits) and never draws an excluded class", async () => {
  const p = [0.1, 0.2, 0.7, 0];
  const row = p.map((value) => Math.log(value) + 5);
  const logits = tensor2d(Array.from({ length: 20_000 }, () => row));
  const drawn = categorical(key(6), logits);
  const counts = countOf(await drawn.data(), 4);
  expect(counts[3]).toBe(0);
  expect(chiSquared(counts.slice(0, 3), p.slice(0, 3))).toBeLessThan(13.8); // 0.1 % point at 2 degrees of freedom
  logits.dispose();
  drawn.dispose();
});

test("categorical() throws on logits that are not [batch, classes]", () => {
  expect(() => categorical(key(0), tensor2d([], [3, 0]))).toThrow("logits must be [batch, classes] but found [3, 0]");
});

test("each function leaves one tensor", () =>
  leakFree(() => {
    const logits = tensor2d([[0, 1]]);
    for (const drawn of [
      uniform(key(0), [2]),
      randint(key(0), [2], { max: 3 }),
      permutation(key(0), 3),
      categorical(key(0), logits),
      logits,
    ])
      drawn.dispose();
  }));
