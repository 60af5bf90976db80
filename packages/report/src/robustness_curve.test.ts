import { wilsonInterval } from "@jem-js/metrics";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type RobustnessCurveOptions, type RobustnessSeries, robustnessCurve } from "./mod.ts";

const series: RobustnessSeries[] = [
  { name: "JEM", epsilons: [0, 1, 2], accuracies: [1, 0.5, 0.25] },
  { name: "control", epsilons: Float32Array.of(0, 2), accuracies: Float32Array.of(1, 0) },
];

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");

test("robustnessCurve() draws a line and dots for each model, at the right places", () => {
  const figure = parse(robustnessCurve(series, { norm: "linf", width: 560 }));
  const lines = [...figure.querySelectorAll('g[aria-label="line"] path')].map((path) => path.getAttribute("d"));
  // The frame spans 64 to 544 and 8 to 281.
  expect(lines).toEqual(["M64,8L304,144.5L544,212.75", "M64,8L544,281"]);
  const dots = [...figure.querySelectorAll('g[aria-label="dot"]')].map(
    (g) => g.querySelectorAll("path, circle").length,
  );
  expect(dots).toEqual([1, 1, 3, 2]);
});

test("robustnessCurve() names norm, multiple, n, seed and chance", () => {
  const texts = (options: RobustnessCurveOptions): string[] =>
    [...parse(robustnessCurve(series, options)).querySelectorAll("text")].map((text) => text.textContent);
  expect(texts({ norm: "l2" })).toContain("ε (L₂ norm)");
  const all = texts({ norm: "linf", multiple: 255, n: 1000, seed: 0, chance: 0.1 });
  expect(all).toContain("ε × 255 (L∞ norm)");
  expect(all).toContain("n = 1,000 · seed 0");
  expect(all).toContain("chance (10%)");
  expect(all).toContain("500");
});

test("robustnessCurve() draws the clean accuracy alone", () => {
  const svg = robustnessCurve([{ name: "a", epsilons: [0], accuracies: [0.5] }], { norm: "l1" });
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test("robustnessCurve() draws Wilson's intervals where n is given, or those that are given", () => {
  const bands = (change: Partial<RobustnessSeries>, n?: number): number[][] => {
    const item = { name: "a", epsilons: [0, 1], accuracies: [1, 0.5], ...change };
    const figure = parse(robustnessCurve([item], { norm: "linf", width: 560, ...(n !== undefined && { n }) }));
    // An area goes along its upper edge and back along its lower one; the frame spans 8 to 281.
    const paths = [...figure.querySelectorAll('g[aria-label="area"] path')].map((path) => path.getAttribute("d")!);
    return paths.map((d) => [...d.matchAll(/,([\d.]+)/g)].map(([, y]) => (281 - Number(y)) / 273));
  };
  expect(bands({})).toEqual([]);
  const { lower, upper } = wilsonInterval(5, 10);
  const [band] = bands({}, 10);
  for (const [i, end] of [1, upper, lower, wilsonInterval(10, 10).lower].entries())
    expect(band![i]).toBeCloseTo(end, 4);
  const intervals = [
    { lower: 0.75, upper: 1 },
    { lower: 0.25, upper: 0.625 },
  ];
  for (const [i, end] of [1, 0.625, 0.25, 0.75].entries()) expect(bands({ intervals }, 10)[0]![i]).toBeCloseTo(end, 4);
});

test("robustnessCurve() refuses curves that are none, and says where", () => {
  const draw = (change: Partial<RobustnessSeries>) => () =>
    robustnessCurve([{ name: "a", epsilons: [0, 1], accuracies: [1, 0], ...change }], { norm: "l2" });
  expect(draw({ accuracies: [1] })).toThrow(
    new TypeError("Cannot draw robustness curve: series[0].accuracies must be as many as epsilons, 2, but found 1"),
  );
  expect(draw({ accuracies: [1, Number.NaN] })).toThrow("series[0].accuracies[1] must be finite but found NaN");
  expect(draw({ accuracies: [1, 91] })).toThrow("series[0].accuracies[1] must be from 0 to 1 but found 91");
  expect(draw({ epsilons: [1, 1] })).toThrow("series[0].epsilons[1] must be above the one before, 1, but found 1");
  expect(draw({ epsilons: [-1, 1] })).toThrow("series[0].epsilons[0] must be at least 0 but found -1");
  expect(draw({ intervals: [] })).toThrow("series[0].intervals must be as many as epsilons, 2, but found 0");
  const interval = { lower: 0.5, upper: 1 };
  expect(draw({ intervals: [interval, { lower: 0.5, upper: 0.25 }] })).toThrow(
    "series[0].intervals[1].upper must be from 0.5 to 1 but found 0.25",
  );
  expect(draw({ epsilons: [], accuracies: [] })).toThrow("series[0].epsilons must not be empty");
});

test("robustnessCurve() refuses options that are out of range", () => {
  const draw = (options: Partial<RobustnessCurveOptions>) => () => robustnessCurve(series, { norm: "l2", ...options });
  // @ts-expect-error: no such norm
  expect(draw({ norm: "l3" })).toThrow(
    new TypeError('Cannot draw robustness curve: norm must be "l0", "l1", "l2" or "linf" but found "l3"'),
  );
  expect(draw({ multiple: 0 })).toThrow("multiple must be greater than 0 but found 0");
  expect(draw({ chance: 2 })).toThrow("chance must be from 0 to 1 but found 2");
  expect(draw({ n: 0 })).toThrow("n must be an integer from 1");
});
