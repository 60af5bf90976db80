import { expect, test } from "vitest";
import { compare } from "./acceptance.ts";
import { markdownTable, percent, short } from "./tables.ts";

test("markdownTable() puts the rows under the head", () => {
  expect(markdownTable(["a", "b"], [["1", "2"]])).toBe("| a | b |\n| --- | --- |\n| 1 | 2 |");
});

test("percent() rounds to a tenth, and intervals to whole percents", () => {
  expect(percent(1)).toBe("100");
  expect(percent(0.0625, { lower: 0.0249, upper: 0.12 })).toBe("6.3 (2–12)");
});

test("short() has words for what is no number", () => {
  expect([1.2345, 1234.5, Number.NaN, Number.POSITIVE_INFINITY].map(short)).toEqual(["1.23", "1230", "–", "∞"]);
});

test("compare() lets no figure pass that is missing or out of its bounds", () => {
  const expected = { a: { max: 1 }, b: { min: 2, max: 3 }, c: {} };
  expect(compare({ a: 1, b: 4 }, expected).map(({ passes }) => passes)).toEqual([true, false, false]);
});
