import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type ScoreHistogramOptions, type ScoreSeries, scoreHistogram } from "./mod.ts";

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");

/** The heights of the bars of a set as shares, read from its outline, for a vertical axis from 0 to `highest`. */
function shares(series: ScoreSeries, options: ScoreHistogramOptions, set: 0 | 1, highest: number): number[] {
  const lines = parse(scoreHistogram([series], options)).querySelectorAll('g[aria-label="line"] path');
  const points = String(lines[set]!.getAttribute("d")).slice(1).split("L");
  const ys = points.map((point) => Number(point.split(",")[1]));
  const base = ys[0]!;
  const ticks = [...parse(scoreHistogram([series], options)).querySelectorAll('g[aria-label="y-grid"] line')];
  const top = Math.min(...ticks.map((tick) => Number(tick.getAttribute("y1"))));
  const bars = ys.slice(1, -1).filter((_, i) => i % 2 === 0);
  return bars.map((y) => Number((((base - y) / (base - top)) * highest).toFixed(6)));
}

test("scoreHistogram() draws shares of each set over bins that both share", () => {
  const series = { name: "score", inScores: [4, 3.5, 3, 2], outScores: [0, 1.9] };
  expect(shares(series, { bins: 4 }, 0, 0.8)).toEqual([0, 0, 0.25, 0.75]);
  expect(shares(series, { bins: 4 }, 1, 0.8)).toEqual([0.5, 0.5, 0, 0]);
});

test("scoreHistogram() counts what lies beyond the domain in shares and AUROC, and says so", () => {
  const series = { name: "score", inScores: [1, 2, 3, 4], outScores: [-100, 0.5], domain: [0, 4] } as const;
  expect(shares(series, { bins: 2 }, 0, 0.8)).toEqual([0.25, 0.75]);
  expect(shares(series, { bins: 2 }, 1, 0.8)).toEqual([0.5, 0]);
  const svg = scoreHistogram([series], { scoreLabel: "log-density" });
  expect(svg).toContain(">AUROC 1.000 · n = 4 in, 2 out<");
  expect(svg).toContain(">log-density (1 beyond the axis)<");
});

test("scoreHistogram() takes larger scores for more typical ones", () => {
  expect(scoreHistogram([{ name: "a", inScores: [0, 1], outScores: [2, 3] }])).toContain("AUROC 0.000");
  expect(scoreHistogram([{ name: "a", inScores: [1, 1], outScores: [1] }])).toContain("AUROC 0.500");
});

test("scoreHistogram() draws a panel for each series, with axes of its own", () => {
  const figure = parse(
    scoreHistogram([
      { name: "energy", inScores: [1000, 1010], outScores: [900] },
      { name: "probability", inScores: [0.5, 1], outScores: [0] },
      { name: "mass", inScores: [-1], outScores: [-3] },
    ]),
  );
  expect(figure.querySelectorAll('g[aria-label="area"]')).toHaveLength(6);
  const ticks = [...figure.querySelectorAll('g[aria-label="x-axis tick label"]')].map((g) =>
    [...g.querySelectorAll("text")].map((text) => text.textContent),
  );
  expect(ticks[0]).toContain("1,000");
  expect(ticks[1]).toContain("0.5");
  expect(ticks[2]).toContain("−2");
});

test("scoreHistogram() writes large and small scores short enough for their axis", () => {
  const labels = (inScores: number[]): string[] =>
    [
      ...parse(scoreHistogram([{ name: "a", inScores, outScores: [0] }])).querySelectorAll(
        'g[aria-label="x-axis tick label"] text',
      ),
    ].map((text) => text.textContent);
  expect(labels([-2e6])).toEqual(["−2e6", "−1.5e6", "−1e6", "−500,000", "0"]);
  expect(labels([2e-7])).toEqual(["0", "5e-8", "1e-7", "1.5e-7", "2e-7"]);
  expect(labels([1500])).toContain("1,200");
});

test("scoreHistogram() draws scores that are all the same", () => {
  expect(scoreHistogram([{ name: "a", inScores: [0], outScores: [0] }])).not.toMatch(/NaN|Infinity/);
  expect(scoreHistogram([{ name: "a", inScores: [-5], outScores: [-5] }])).not.toMatch(/NaN|Infinity/);
  expect(scoreHistogram([{ name: "a", inScores: [5], outScores: [5], domain: [0, 1] }])).not.toMatch(/NaN|Infinity/);
});

test("scoreHistogram() refuses scores that are none, and says where", () => {
  const draw = (change: Partial<ScoreSeries>, options?: ScoreHistogramOptions) => () =>
    scoreHistogram([{ name: "a", inScores: [1], outScores: [0], ...change }], options);
  expect(draw({ inScores: [1, Number.NaN] })).toThrow(
    new RangeError("Cannot draw score histogram: series[0].inScores[1] must be finite but found NaN"),
  );
  expect(draw({ outScores: Float32Array.of(1, 2, Number.NEGATIVE_INFINITY) })).toThrow(
    "series[0].outScores[2] must be finite but found -Infinity",
  );
  expect(draw({ outScores: [] })).toThrow("series[0].outScores must not be empty");
  // @ts-expect-error: not numbers
  expect(draw({ inScores: 1 })).toThrow("series[0].inScores must be an array of numbers but found 1");
  // @ts-expect-error: not numbers
  expect(draw({ inScores: ["1"] })).toThrow('series[0].inScores[0] must be a number but found "1"');
  expect(draw({ domain: [1, 1] })).toThrow("series[0].domain must be [lowest, highest], ascending, but found [1, 1]");
  expect(draw({}, { bins: 1 })).toThrow("bins must be an integer from 2 to 500 but found 1");
});
