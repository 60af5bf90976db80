import { DOMParser } from "linkedom";
import { describe, expect, test } from "vitest";
import {
  type FigureOptions,
  reliabilityDiagram,
  robustnessCurve,
  scoreHistogram,
  toPng,
  trainingCurves,
} from "./mod.ts";

// What all figures have in common.

const bins = [
  { lower: 0, upper: 0.5, count: 0, meanConfidence: Number.NaN, accuracy: Number.NaN },
  { lower: 0.5, upper: 1, count: 8, meanConfidence: 0.9, accuracy: 0.75 },
];
const rows = [
  { iteration: 0, loss: 2, energyGap: 0.5, accuracy: 0.25 },
  { iteration: 10, loss: 1, energyGap: -0.5, accuracy: 0.5 },
];
const FIGURES: Record<string, (names: string[], options?: FigureOptions) => string> = {
  reliabilityDiagram: (names, options) =>
    reliabilityDiagram(
      names.map((name) => ({ name, bins })),
      options,
    ),
  scoreHistogram: (names, options) =>
    scoreHistogram(
      names.map((name) => ({ name, inScores: [1, 2, 3], outScores: Float32Array.of(0, 1.5) })),
      options,
    ),
  robustnessCurve: (names, options) =>
    robustnessCurve(
      names.map((name) => ({ name, epsilons: [0, 1], accuracies: [0.9, 0.1] })),
      { norm: "l2", ...options },
    ),
  trainingCurves: (names, options) =>
    trainingCurves(
      names.map((name) => ({ name, rows })),
      options,
    ),
};

const textsOf = (svg: string): string[] =>
  [...new DOMParser().parseFromString(svg, "image/svg+xml").querySelectorAll("text")].map((text) => text.textContent);

describe.each(Object.entries(FIGURES))("%s()", (_, draw) => {
  test("gives equal bytes for equal arguments, whatever was drawn before", () => {
    const first = draw(["JEM", "control"]);
    for (const other of Object.values(FIGURES)) other(["a", "b", "c"]);
    expect(draw(["JEM", "control"])).toBe(first);
    expect(draw(["JEM", "other"])).not.toBe(first);
  });

  test("gives a standalone SVG without style sheets, classes, ids or numbers that are none", () => {
    const svg = draw(["JEM", "control"]);
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+" viewBox="0 0 \d+ \d+" /,
    );
    expect(svg.match(/xmlns/g)).toHaveLength(1);
    expect(svg).not.toMatch(/<style|\s(?:class|id|style|href)=|NaN|Infinity|undefined/);
    // The parser of resvg takes well-formed XML only.
    expect(toPng(svg, { scale: 0.1 }).length).toBeGreaterThan(100);
  });

  test("escapes names and titles, and replaces what XML forbids", () => {
    const svg = draw(["<b>&amp;\"'\u0000\ud800", "other\nline"], { title: '</title><script>alert("1")</script>' });
    expect(svg).not.toMatch(/<b>|<script/);
    expect(svg).toContain("<title>&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</title>");
    expect(textsOf(svg)).toContain("<b>&amp;\"'\ufffd\ufffd");
    expect(textsOf(svg)).toContain("other line");
    expect(toPng(svg, { scale: 0.1 }).length).toBeGreaterThan(100);
  });

  test("states the title, also as accessible name, and the seeds", () => {
    const svg = draw(["JEM"], { title: "A title", seed: 7 });
    expect(svg).toContain('role="img" aria-label="A title"');
    expect(textsOf(svg).slice(0, 2)).toEqual(["A title", "seed 7"]);
    expect(textsOf(draw(["JEM"], { title: "A title", seed: [0, 1] }))[1]).toBe("seeds 0, 1");
  });

  test("breaks a long title into lines and is as wide as asked", () => {
    const svg = draw(["JEM"], { title: "a title of many words ".repeat(5), width: 400 });
    expect(svg).toContain('width="400"');
    expect(textsOf(svg).slice(0, 3).join(" ")).toMatch(/^(a title of many words ?){4}/);
  });

  test("draws up to seven series, each in a colour of its own", () => {
    const svg = draw([..."abcdefg"]);
    const used = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
    const colours = used.filter((colour) => svg.includes(colour));
    // Histograms have two colours, in and out of distribution.
    expect(colours.length).toBe(draw === FIGURES.scoreHistogram ? 2 : 7);
  });

  test("refuses no series, too many, names that are none or the same", () => {
    expect(() => draw([])).toThrow("series must have 1 to 7 items");
    expect(() => draw([..."abcdefgh"])).toThrow(RangeError);
    expect(() => draw(["JEM", "JEM"])).toThrow('names must differ but found "JEM" twice');
    expect(() => draw(["JEM", " "])).toThrow("series[1].name must not be empty");
    // @ts-expect-error: not a string
    expect(() => draw([1])).toThrow("series[0].name must be a string but found 1");
  });

  test("refuses shared options that are out of range", () => {
    expect(() => draw(["a"], { title: "" })).toThrow("title must not be empty");
    expect(() => draw(["a"], { width: 100 })).toThrow("width must be from 320 to 4000 but found 100");
    expect(() => draw(["a"], { width: Number.NaN })).toThrow("width must be finite but found NaN");
    expect(() => draw(["a"], { seed: -1 })).toThrow("seed must be an integer from 0");
    expect(() => draw(["a"], { seed: [0, 0.5] })).toThrow("seed[1] must be an integer from 0");
  });
});
