import { delongInterval } from "@jem-js/metrics";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { rocCurves, type ScoreSeries } from "./mod.ts";

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);

/** The corners of the lines as rates; the first line is the diagonal. The frame of width 420 spans 64 to 404. */
const curvesOf = (svg: string): number[][][] =>
  [...parse(svg).querySelectorAll('g[aria-label="line"] path')].map((path) => {
    const points = String(path.getAttribute("d")).slice(1).split("L");
    return points.map((point) => {
      const [x, y] = point.split(",").map(Number) as [number, number];
      return [(x - 64) / 340, (12 + 340 - y) / 340].map((rate) => Number(rate.toFixed(4)));
    });
  });

const scores = { inScores: [3, 2], outScores: [2, 1] };

test("rocCurves() draws the true positive rate against the false one, beside the diagonal", () => {
  const [diagonal, curve] = curvesOf(rocCurves([{ name: "JEM", ...scores }], { width: 420 }));
  expect(diagonal).toEqual([
    [0, 0],
    [1, 1],
  ]);
  expect(curve).toEqual([
    [0, 0],
    [0, 0.5],
    [0.5, 1],
    [1, 1],
  ]);
});

test("rocCurves() states AUROC with DeLong's interval, without one of no width", () => {
  const overlapping = { inScores: [5, 4, 3, 1.5], outScores: [2, 1, 0] };
  const { auroc, lower, upper } = delongInterval(overlapping.inScores, overlapping.outScores);
  const texts = textsOf(
    rocCurves([
      { name: "a", ...overlapping },
      { name: "b", inScores: [1, 2, 3, 4], outScores: [0, 0, 0] },
    ]),
  );
  expect(texts).toContain(`a: AUROC ${auroc.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`);
  expect(texts).toContain("b: AUROC 1.000");
});

test("rocCurves() states n once where all have as many, otherwise for each", () => {
  const same = textsOf(
    rocCurves([
      { name: "a", ...scores },
      { name: "b", ...scores },
    ]),
  );
  expect(same[1]).toBe("n = 2 in, 2 out · brackets: 95% intervals");
  const texts = textsOf(
    rocCurves([
      { name: "a", ...scores },
      { name: "b", inScores: [1, 2], outScores: [0] },
    ]),
  );
  expect(texts[1]).toBe("brackets: 95% intervals");
  expect(texts.find((text) => text.startsWith("b: "))).toBe("b: AUROC 1.000, n = 2 in, 1 out");
});

test("rocCurves() has a symbol of its own on each of several lines, none on one", () => {
  const symbols = (names: string[]): number[] =>
    [...parse(rocCurves(names.map((name) => ({ name, ...scores })))).querySelectorAll('g[aria-label="dot"]')].map(
      (g) => g.querySelectorAll("path, circle").length,
    );
  expect(symbols(["a"])).toEqual([]);
  // Two of the legend; each line has one at the corner (0.5, 1) and one at its end.
  expect(symbols(["a", "b"])).toEqual([1, 1, 2, 2]);
});

test("rocCurves() thins curves of many scores and keeps their ends", () => {
  const many = (shift: number): Float64Array =>
    Float64Array.from({ length: 20_000 }, (_, i) => ((i * 7919) % 20_011) + shift);
  const svg = rocCurves([{ name: "a", inScores: many(4000.5), outScores: many(0) }]);
  expect(svg.length).toBeLessThan(60_000);
  const curve = curvesOf(svg)[1]!;
  expect(curve[0]).toEqual([0, 0]);
  expect(curve.at(-1)).toEqual([1, 1]);
});

test("rocCurves() refuses scores that are none, and says where", () => {
  const draw = (change: Partial<ScoreSeries>) => () => rocCurves([{ name: "a", ...scores, ...change }]);
  expect(draw({ inScores: [1, Number.NaN] })).toThrow(
    new RangeError("Cannot draw ROC curves: series[0].inScores[1] must be finite but found NaN"),
  );
  expect(draw({ outScores: [] })).toThrow("series[0].outScores must not be empty");
});
