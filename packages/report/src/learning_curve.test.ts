import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type LearningCurveOptions, type LearningSeries, learningCurve } from "./mod.ts";

const series: LearningSeries[] = [
  { name: "with p(x)", sizes: [100, 1000, 10_000], values: [0.5, 0.75, 1] },
  { name: "labels alone", sizes: Int32Array.of(100, 10_000), values: Float32Array.of(0.5, 0.75) },
];
const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const pathsOf = (svg: string, label: string): (string | null)[] =>
  [...parse(svg).querySelectorAll(`g[aria-label="${label}"] path`)].map((path) => path.getAttribute("d"));

test("learningCurve() draws a line for each model, equal distances for equal factors", () => {
  // The frame spans 64 to 544 and 8 to 281.
  expect(pathsOf(learningCurve(series, { width: 560 }), "line")).toEqual([
    "M64,144.5L304,76.25L544,8",
    "M64,144.5L544,76.25",
  ]);
  const zoomed = pathsOf(learningCurve(series, { width: 560, domain: [0.5, 1] }), "line");
  expect(zoomed[1]).toBe("M64,281L544,144.5");
});

test("learningCurve() draws the intervals and names everything", () => {
  const intervals = [
    { lower: 0.25, upper: 0.75 },
    { lower: 0.5, upper: 1 },
  ];
  const svg = learningCurve([{ ...series[1]!, intervals }], {
    width: 560,
    metric: "ECE",
    examples: "images",
    chance: 0.1,
    seed: [0, 1, 2],
  });
  const [band] = pathsOf(svg, "area");
  const heights = [...band!.matchAll(/,([\d.]+)/g)].map(([, y]) => (281 - Number(y)) / 273);
  for (const [i, end] of [0.75, 1, 0.5, 0.25].entries()) expect(heights[i]).toBeCloseTo(end, 4);
  const texts = [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);
  for (const text of ["number of images", "ECE (%)", "100", "10,000", "interval", "chance (10%)"]) {
    expect(texts).toContain(text);
  }
});

test("learningCurve() draws one size alone", () => {
  const svg = learningCurve([{ name: "a", sizes: [10], values: [0.5] }]);
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test("learningCurve() refuses curves and options that are out of range, and says where", () => {
  const draw = (change: Partial<LearningSeries>, options: LearningCurveOptions = {}) => {
    return () => learningCurve([{ name: "a", sizes: [1, 2], values: [1, 0], ...change }], options);
  };
  expect(draw({ values: [1] })).toThrow(
    new TypeError("Cannot draw learning curve: series[0].values must be as many as sizes, 2, but found 1"),
  );
  expect(draw({ values: [1, 91] })).toThrow("series[0].values[1] must be from 0 to 1 but found 91");
  expect(draw({ sizes: [0, 1] })).toThrow("series[0].sizes[0] must be an integer from 1");
  expect(draw({ sizes: [2, 2] })).toThrow("series[0].sizes[1] must be above the one before, 2, but found 2");
  expect(draw({ intervals: [] })).toThrow("series[0].intervals must be as many as sizes, 2, but found 0");
  expect(draw({ intervals: Array(2).fill({ lower: 0.5, upper: 2 }) })).toThrow(
    "series[0].intervals[0].upper must be from 0.5 to 1 but found 2",
  );
  expect(draw({}, { domain: [0, 2] })).toThrow("domain must be from 0 to 1 but found 2");
  expect(draw({}, { domain: [1, 0] })).toThrow("domain");
  expect(draw({}, { chance: -1 })).toThrow("chance must be from 0 to 1 but found -1");
  expect(draw({}, { metric: " " })).toThrow("metric must not be empty");
});
