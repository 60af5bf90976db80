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
  // The frame spans 56 to 544 and 8 to 281.
  expect(lines).toEqual(["M56,8L300,144.5L544,212.75", "M56,8L544,281"]);
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
