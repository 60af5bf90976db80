import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type DetectionRow, detectionChart } from "./mod.ts";

const row = (change: Partial<DetectionRow> = {}): DetectionRow => ({
  detector: "energy",
  inSet: "MNIST",
  outSet: "noise",
  distance: "far",
  auroc: 0.75,
  aurocInterval: [0.5, 1],
  ...change,
});
const rows = [
  row(),
  row({ outSet: "rotated", distance: "near", auroc: 0.25, aurocInterval: [0.2, 0.3] }),
  row({ detector: "learned", tunedWithOutOfDistribution: true, auroc: 1, aurocInterval: [1, 1] }),
];
const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);

test("detectionChart() draws a panel a pair of sets, and a line a detector", () => {
  const svg = detectionChart([{ name: "JEM", rows }], { seed: 0, n: 100 });
  const texts = textsOf(svg);
  expect(texts).toEqual(expect.arrayContaining(["noise (far)", "rotated (near)", "energy", "learned †", "JEM"]));
  expect(texts).toContain("† tuned with out-of-distribution examples");
  expect(texts).toContain("n = 100 · seed 0");
  // Two detectors are on the first panel, one on the second.
  const dots = [...parse(svg).querySelectorAll('g[aria-label="dot"]')].map(
    (g) => g.querySelectorAll("path, circle").length,
  );
  expect(dots.slice(-2)).toEqual([2, 1]);
});

test("detectionChart() puts dots and intervals at their AUROC", () => {
  const other = row({ detector: "b", auroc: 0.25, aurocInterval: [0, 0.5] });
  const series = ["JEM", "control"].map((name) => ({ name, rows: [row(), other] }));
  const figure = parse(detectionChart(series));
  // The marks of the control are squares, which are paths, at a place.
  const dots = [...[...figure.querySelectorAll('g[aria-label="dot"]')].at(-1)!.querySelectorAll("path")].map((path) =>
    Number(/translate\(([\d.]+),/.exec(path.getAttribute("transform")!)![1]),
  );
  const rules = [...[...figure.querySelectorAll('g[aria-label="rule"]')].at(-1)!.querySelectorAll("line")].map(
    (line) => [Number(line.getAttribute("x1")), Number(line.getAttribute("x2"))] as const,
  );
  const [[lower, upper], [zero, half]] = rules as [readonly [number, number], readonly [number, number]];
  expect(dots[0]).toBeCloseTo((lower + upper) / 2, 6);
  expect(dots[1]).toBeCloseTo((zero + half) / 2, 6);
  expect(lower).toBeCloseTo(half, 6);
  expect(upper - zero).toBeCloseTo(2 * (half - zero), 6);
});

test("detectionChart() says which in-distribution set it is where there are several, and what is best", () => {
  const svg = detectionChart([{ name: "JEM", rows: [...rows, row({ inSet: "USPS" })] }]);
  expect(textsOf(svg)).toEqual(expect.arrayContaining(["MNIST → noise (far)", "USPS → noise (far)"]));
  expect(svg).toContain("MNIST → noise (far) best by learned †, 100%");
});

test("detectionChart() refuses rows that are none, and says where", () => {
  const draw = (change: Partial<DetectionRow>) => () => detectionChart([{ name: "a", rows: [row(change)] }]);
  expect(draw({ auroc: 1.5 })).toThrow(
    new RangeError("Cannot draw detection chart: series[0].rows[0].auroc must be from 0 to 1 but found 1.5"),
  );
  expect(draw({ aurocInterval: [0.9, 0.8] })).toThrow("rows[0].aurocInterval[1] must be from 0.9 to 1 but found 0.8");
  expect(draw({ detector: "" })).toThrow("rows[0].detector must not be empty");
  expect(() => detectionChart([{ name: "a", rows: [] }])).toThrow("series[0].rows must not be empty");
  expect(() => detectionChart([])).toThrow("series must have 1 to 7 items");
});
