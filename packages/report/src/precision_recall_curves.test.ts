import { averagePrecision } from "@jem-js/metrics";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { precisionRecallCurves } from "./mod.ts";

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);

const scores = { inScores: [5, 4, 2, 2], outScores: [3, 2, 0] };

test("precisionRecallCurves() draws the steps whose area is the average precision", () => {
  const svg = precisionRecallCurves([{ name: "a", ...scores }], { width: 420 });
  const d = parse(svg).querySelector('g[aria-label="line"] path')!.getAttribute("d")!;
  // Absolute moves, horizontal and vertical lines; the frame spans 64 to 404 and 12 to 352.
  let [x, y, area] = [0, 0, 0];
  for (const [, command, arguments_] of d.matchAll(/([MLVH])([^MLVH]+)/g)) {
    const values = arguments_!.split(",").map(Number);
    const before = x;
    if (command === "H") x = values[0]!;
    else if (command === "V") y = values[0]!;
    else [x, y] = values as [number, number];
    area += ((x - before) * (352 - y)) / 340 ** 2;
    if (command === "M") area = 0;
  }
  expect(x).toBe(404);
  const expected = averagePrecision(scores.inScores, scores.outScores);
  expect(area).toBeCloseTo(expected, 5);
  expect(textsOf(svg)).toContain(`a: AP ${expected.toFixed(3)}`);
});

test("precisionRecallCurves() can take the outliers for positive", () => {
  const texts = textsOf(precisionRecallCurves([{ name: "a", ...scores }], { positive: "out" }));
  const negated = averagePrecision([-3, -2, 0], [-5, -4, -2, -2]);
  expect(texts).toContain(`a: AP ${negated.toFixed(3)}`);
  expect(texts).toContain("n = 4 in, 3 out · positive: out-of-distribution");
  expect(texts).toContain(`guessing (${((100 * 3) / 7).toFixed(1)}%)`);
});

test("precisionRecallCurves() draws guessing only where it is the same for all", () => {
  const other = { name: "b", inScores: [1], outScores: [0, 2] };
  expect(textsOf(precisionRecallCurves([{ name: "a", ...scores }, other])).join()).not.toContain("guessing");
});

test("precisionRecallCurves() refuses a side that is none and scores that are none", () => {
  expect(() =>
    // @ts-expect-error: no such side
    precisionRecallCurves([{ name: "a", ...scores }], { positive: "both" }),
  ).toThrow(new TypeError('Cannot draw precision-recall curves: positive must be "in" or "out" but found "both"'));
  expect(() => precisionRecallCurves([{ name: "a", inScores: [], outScores: [1] }])).toThrow(
    "series[0].inScores must not be empty",
  );
});
