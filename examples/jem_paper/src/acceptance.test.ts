import { expect, test } from "vitest";
import { compare } from "./acceptance.ts";

test("compare() holds figures against their bounds, both included, and passes none that is missing", () => {
  const expected = { a: { min: 1 }, b: { max: 2 }, c: { min: 0, max: 1 }, d: { min: 0 } };
  expect(compare({ a: 1, b: 2.1, c: 0.5 }, expected)).toEqual([
    { figure: "a", expected: ">= 1", got: 1, passes: true },
    { figure: "b", expected: "<= 2", got: 2.1, passes: false },
    { figure: "c", expected: ">= 0, <= 1", got: 0.5, passes: true },
    { figure: "d", expected: ">= 0", got: Number.NaN, passes: false },
  ]);
});
