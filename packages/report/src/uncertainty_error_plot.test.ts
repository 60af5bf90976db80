import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type UncertaintyErrorPlotOptions, type UncertaintySeries, uncertaintyErrorPlot } from "./mod.ts";

const item = { name: "ensemble", uncertainties: [4, 3, 2, 1], errors: [-5, 3, 2, 0] };

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);
const heights = (path: string): number[] =>
  path
    .slice(1)
    .split("L")
    .map((point) => Number(point.split(",")[1]));

test("uncertaintyErrorPlot() draws mean errors of bins of equal count with their intervals", () => {
  const figure = parse(uncertaintyErrorPlot([item], { bins: 2 }));
  const [bins] = [...figure.querySelectorAll('g[aria-label="line"] path')].map((path) => path.getAttribute("d")!);
  const [low, high] = heights(bins!);
  const ticks = [...figure.querySelectorAll('g[aria-label="y-grid"]')][0]!.querySelectorAll("line");
  const zero = Math.max(...[...ticks].map((tick) => Number(tick.getAttribute("y1"))));
  // Means 1 and 4 of |error|; the standard deviations are both sqrt(2).
  expect((zero - high!) / (zero - low!)).toBeCloseTo(4, 3);
  const unit = zero - low!;
  const rules = [...figure.querySelectorAll('g[aria-label="rule"] line[x1]')].filter(
    (line) => line.getAttribute("x1") === line.getAttribute("x2"),
  );
  const ends = rules.map((line) => ["y1", "y2"].map((name) => (zero - Number(line.getAttribute(name))) / unit));
  expect(ends).toHaveLength(2);
  expect(ends[0]![0]).toBeCloseTo(0, 4); // cut off at 0
  expect(ends[0]![1]).toBeCloseTo(1 + 1.959964, 3);
  expect(ends[1]![0]).toBeCloseTo(4 - 1.959964, 3);
  expect(ends[1]![1]).toBeCloseTo(4 + 1.959964, 3);
});

test("uncertaintyErrorPlot() draws sparsification beside its oracle, and states AUSE", () => {
  const worse = { name: "dropout", uncertainties: [1, 2, 3, 4], errors: item.errors };
  const svg = uncertaintyErrorPlot([item, worse], { bins: 2 });
  const paths = [...parse(svg).querySelectorAll('g[aria-label="line"] path')].map((path) => path.getAttribute("d")!);
  // Two lines of bins, two oracles, two lines.
  expect(paths).toHaveLength(6);
  expect(paths[4]).toBe(paths[2]);
  expect(paths[5]).not.toBe(paths[3]);
  expect(paths[3]).toBe(paths[2]);
  const texts = textsOf(svg);
  expect(texts).toContain("ensemble: AUSE 0");
  expect(texts.find((text) => text.startsWith("dropout: AUSE "))).not.toBe("dropout: AUSE 0");
  expect(texts).toContain("n = 4");
});

test("uncertaintyErrorPlot() draws fewer predictions than bins, one, and errors that are all 0", () => {
  expect(uncertaintyErrorPlot([{ name: "a", uncertainties: [1], errors: [2] }])).not.toMatch(/NaN|Infinity/);
  expect(uncertaintyErrorPlot([{ name: "a", uncertainties: [1, 1], errors: [0, 0] }])).not.toMatch(/NaN|Infinity/);
});

test("uncertaintyErrorPlot() refuses predictions and options that are none, and says where", () => {
  const draw = (change: Partial<UncertaintySeries>, options?: UncertaintyErrorPlotOptions) => () =>
    uncertaintyErrorPlot([{ ...item, ...change }], options);
  expect(draw({ errors: [1] })).toThrow(
    new TypeError(
      "Cannot draw uncertainty-error plot: series[0].errors must be as many as uncertainties, 4, but found 1",
    ),
  );
  expect(draw({ uncertainties: [] })).toThrow("series[0].uncertainties must not be empty");
  expect(draw({}, { bins: 1 })).toThrow("bins must be an integer from 2 to 100 but found 1");
  expect(draw({}, { errorLabel: "" })).toThrow("errorLabel must not be empty");
});
