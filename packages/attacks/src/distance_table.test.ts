import { expect, test } from "vitest";
import { distanceTable } from "./mod.ts";

const never = Number.POSITIVE_INFINITY;
const result = (distances: number[], queries: number[], gradients: number[]) => ({
  distances: Float64Array.from(distances),
  queries: Int32Array.from(queries),
  gradients: Int32Array.from(gradients),
});

test("distanceTable() has a row for each attack and one for the worst case", () => {
  const table = distanceTable({
    a: result([0, 1, 4, never], [1, 10, 20, 30], [0, 5, 5, 5]),
    b: result([0, 3, 2, never], [1, 2, 4, 6], [0, 0, 0, 0]),
  });
  expect(table).toEqual([
    { attack: "a", attacked: 3, successRate: 2 / 3, median: 4, mean: 2.5, queries: 20, gradients: 5 },
    { attack: "b", attacked: 3, successRate: 2 / 3, median: 3, mean: 2.5, queries: 4, gradients: 0 },
    { attack: "worst case", attacked: 3, successRate: 2 / 3, median: 2, mean: 1.5, queries: 24, gradients: 5 },
  ]);
});

test("distanceTable() has the median between two, infinite where half of the attacks failed", () => {
  expect(distanceTable({ a: result([1, 2, 4, 8], [1, 1, 1, 1], [1, 1, 1, 1]) })[0]!.median).toBe(3);
  expect(distanceTable({ a: result([1, never], [1, 1], [1, 1]) })[0]).toMatchObject({ median: never, mean: 1 });
  expect(distanceTable({ a: result([never], [1], [1]) })[0]).toMatchObject({ median: never, mean: Number.NaN });
});

test("distanceTable() has NaN where nothing was attacked", () => {
  expect(distanceTable({ a: result([0, 0], [1, 1], [0, 0]) })[0]).toEqual({
    attack: "a",
    attacked: 0,
    successRate: Number.NaN,
    median: Number.NaN,
    mean: Number.NaN,
    queries: Number.NaN,
    gradients: Number.NaN,
  });
});

test("distanceTable() rejects results that do not go together", () => {
  expect(() => distanceTable({})).toThrow("Cannot make a distance table: there must be distances of an attack");
  expect(() => distanceTable({ a: result([1], [1], [1]), b: result([1, 2], [1, 1], [1, 1]) })).toThrow(
    "distances of b must be 1 but found 2",
  );
});
