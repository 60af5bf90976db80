import { wilsonInterval } from "@jem-js/metrics";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type ReliabilityBin, reliabilityDiagram } from "./mod.ts";

const bins: ReliabilityBin[] = [
  { lower: 0, upper: 0.25, count: 0, meanConfidence: Number.NaN, accuracy: Number.NaN },
  { lower: 0.25, upper: 0.5, count: 2, meanConfidence: 0.4, accuracy: 0.5 },
  { lower: 0.5, upper: 0.75, count: 2, meanConfidence: 0.6, accuracy: 0.5 },
  { lower: 0.75, upper: 1, count: 4, meanConfidence: 0.9, accuracy: 0.75 },
];

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");

/** The vertical lines of the marks: the rules, without the legend's. */
const verticals = (figure: ReturnType<typeof parse>) =>
  [...figure.querySelectorAll('g[aria-label="rule"] line[x1]')]
    .filter((line) => line.getAttribute("x1") === line.getAttribute("x2"))
    .map((line) => ({ y1: Number(line.getAttribute("y1")), y2: Number(line.getAttribute("y2")) }));

test("reliabilityDiagram() draws a bar, a dot and an interval for each bin with predictions", () => {
  const figure = parse(reliabilityDiagram([{ name: "JEM", bins }], { width: 400 }));
  const frame = 400 - 64 - 16;
  const diagonal = figure.querySelectorAll('g[aria-label="line"] path')[0]!.getAttribute("d")!;
  const bottom = Number(/,([\d.]+)/.exec(diagonal)![1]);
  const rects = [...figure.querySelectorAll('g[aria-label="rect"]')].map((g) => g.querySelectorAll("rect").length);
  // The legend's square, the accuracies, the counts.
  expect(rects).toEqual([1, 3, 4]);
  expect(figure.querySelectorAll('g[aria-label="dot"] path, g[aria-label="dot"] circle').length).toBe(1 + 3);
  const ends = verticals(figure).map(({ y1, y2 }) => [y1, y2].map((y) => (bottom - y) / frame));
  const wilson = [wilsonInterval(1, 2), wilsonInterval(1, 2), wilsonInterval(3, 4)];
  expect(ends).toHaveLength(3);
  for (const [i, { lower, upper }] of wilson.entries()) {
    expect(ends[i]![0]).toBeCloseTo(lower, 5);
    expect(ends[i]![1]).toBeCloseTo(upper, 5);
  }
});

test("reliabilityDiagram() draws bars as high as the accuracies and counts", () => {
  const figure = parse(reliabilityDiagram([{ name: "JEM", bins }], { width: 400 }));
  const [, accuracies, counts] = [...figure.querySelectorAll('g[aria-label="rect"]')].map((g) =>
    [...g.querySelectorAll("rect")].map((rect) => Number(rect.getAttribute("height"))),
  );
  const frame = 400 - 64 - 16;
  expect(accuracies!.map((height) => height / frame)).toEqual([0.5, 0.5, 0.75]);
  expect(counts!.map((height) => height / counts![3]!)).toEqual([0, 0.5, 0.5, 1]);
});

test("reliabilityDiagram() computes ECE, accuracy and n from the bins", () => {
  const svg = reliabilityDiagram([{ name: "JEM", bins: [...bins].reverse() }]);
  // (2 · 0.1 + 2 · 0.1 + 4 · 0.15) / 8 and (1 + 1 + 3) / 8
  expect(svg).toContain(">ECE 12.5% · accuracy 62.5% · n = 8<");
  const many = [{ lower: 0, upper: 1, count: 1_234_567, meanConfidence: 0.5, accuracy: 0.5 }];
  expect(reliabilityDiagram([{ name: "JEM", bins: many }])).toContain("n = 1,234,567");
});

test("reliabilityDiagram() places models side by side, and from four on in rows", () => {
  const size = (count: number): number[] => {
    const names = Array.from({ length: count }, (_, i) => `model ${i}`);
    const root = parse(reliabilityDiagram(names.map((name) => ({ name, bins })))).documentElement;
    return ["width", "height"].map((side) => Number(root.getAttribute(side)));
  };
  expect(size(2)[0]).toBe(640);
  expect(size(3)).toEqual([960, size(2)[1]]);
  expect(size(4)[0]).toBe(640);
  expect(size(5)).toEqual([960, size(4)[1]]);
});

test("reliabilityDiagram() refuses bins that are none, and says where", () => {
  const draw = (change: Partial<ReliabilityBin>): (() => string) => {
    const changed = bins.map((bin, i) => (i === 1 ? { ...bin, ...change } : bin));
    return () =>
      reliabilityDiagram([
        { name: "control", bins },
        { name: "JEM", bins: changed },
      ]);
  };
  expect(draw({ accuracy: Number.NaN })).toThrow(
    new RangeError("Cannot draw reliability diagram: series[1].bins[1].accuracy must be finite but found NaN"),
  );
  expect(draw({ accuracy: 1.5 })).toThrow("series[1].bins[1].accuracy must be from 0 to 1 but found 1.5");
  expect(draw({ meanConfidence: -0.1 })).toThrow("series[1].bins[1].meanConfidence must be from 0 to 1 but found -0.1");
  expect(draw({ count: 0.5 })).toThrow("series[1].bins[1].count must be an integer from 0");
  expect(draw({ lower: -1 })).toThrow("series[1].bins[1].lower must be from 0 to 1 but found -1");
  expect(draw({ upper: 0.25 })).toThrow(
    "series[1].bins[1].upper must be above lower 0.25 and at most 1 but found 0.25",
  );
  expect(draw({ upper: 2 })).toThrow(RangeError);
  // @ts-expect-error: not a number
  expect(draw({ count: "2" })).toThrow(
    new TypeError('Cannot draw reliability diagram: series[1].bins[1].count must be an integer but found "2"'),
  );
  expect(() => reliabilityDiagram([{ name: "JEM", bins: bins.slice(0, 1) }])).toThrow(
    "series[0].bins must hold at least one prediction but found none",
  );
  expect(() => reliabilityDiagram([{ name: "JEM", bins: [] }])).toThrow(RangeError);
});
