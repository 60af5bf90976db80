import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { confidenceHistogram } from "./mod.ts";

const bins = [
  { lower: 0, upper: 0.5, count: 0, meanConfidence: Number.NaN, accuracy: Number.NaN },
  { lower: 0.5, upper: 0.75, count: 2, meanConfidence: 0.6, accuracy: 0.5 },
  { lower: 0.75, upper: 1, count: 6, meanConfidence: 0.9, accuracy: 0.5 },
];

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const numbers = (elements: Iterable<{ getAttribute(name: string): string | null }>, name: string): number[] =>
  [...elements].map((element) => Number(element.getAttribute(name)));

test("confidenceHistogram() stacks the wrong predictions on the right ones, in two colours", () => {
  const figure = parse(confidenceHistogram([{ name: "JEM", bins }]));
  // Two squares of the legend come first.
  const [right, wrong] = [...figure.querySelectorAll('g[aria-label="rect"]')].slice(2);
  expect([right!.getAttribute("fill"), wrong!.getAttribute("fill")]).toEqual(["#56b4e9", "#d55e00"]);
  const heights = [right!, wrong!].map((g) => numbers(g.querySelectorAll("rect"), "height"));
  const unit = heights[0]![0]!;
  expect(unit).toBeGreaterThan(0);
  expect(heights.map((bars) => bars.map((height) => Number((height / unit).toFixed(6))))).toEqual([
    [1, 3],
    [1, 3],
  ]);
  const [rightTops, wrongTops] = [right!, wrong!].map((g) => numbers(g.querySelectorAll("rect"), "y"));
  expect(wrongTops!.map((y, i) => y + heights[1]![i]!)).toEqual(rightTops);
});

test("confidenceHistogram() draws lines at the accuracy and at the mean confidence of all", () => {
  const figure = parse(confidenceHistogram([{ name: "JEM", bins }], { width: 400 }));
  const lines = [...figure.querySelectorAll('g[aria-label="rule"] line[x1]')].filter(
    (line) => line.getAttribute("x1") === line.getAttribute("x2"),
  );
  // The frame spans 64 to 384: 4 of 8 are right, and (2 · 0.6 + 6 · 0.9) / 8 is the mean.
  const [accuracy, confidence] = numbers(lines, "x1").map((x) => (x - 64) / 320);
  expect(accuracy).toBeCloseTo(0.5, 6);
  expect(confidence).toBeCloseTo(0.825, 6);
  expect(figure.toString()).toContain(">accuracy 50.0% · confidence 82.5% · n = 8<");
});

test("confidenceHistogram() refuses bins that are none, and says where", () => {
  const changed = bins.map((bin, i) => (i === 1 ? { ...bin, accuracy: 2 } : bin));
  expect(() => confidenceHistogram([{ name: "JEM", bins: changed }])).toThrow(
    new RangeError("Cannot draw confidence histogram: series[0].bins[1].accuracy must be from 0 to 1 but found 2"),
  );
  expect(() => confidenceHistogram([{ name: "JEM", bins: bins.slice(0, 1) }])).toThrow(
    "series[0].bins must hold at least one prediction but found none",
  );
});
