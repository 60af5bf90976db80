import { DOMParser } from "linkedom";
import { describe, expect, test } from "vitest";
import {
  altText,
  chainFilmstrip,
  classGrid,
  confidenceHistogram,
  type DetectionRow,
  detectionChart,
  energyHistogram,
  energyLandscape,
  type FigureOptions,
  learningCurve,
  perturbationGrid,
  precisionRecallCurves,
  reliabilityDiagram,
  riskCoverageCurves,
  robustnessCurve,
  rocCurves,
  scoreHistogram,
  toPng,
  trainingCurves,
  uncertaintyErrorPlot,
  uncertaintyMap,
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
const scores = { inScores: [1, 2, 3], outScores: Float32Array.of(0, 1.5) };

type Draw = (names: string[], options?: FigureOptions) => string;

/** The same data for each name. */
function over<T extends object, O>(draw: (series: (T & { name: string })[], options: O) => string, item: T): Draw {
  return (names, options) =>
    draw(
      names.map((name) => ({ name, ...item })),
      (options ?? {}) as O,
    );
}

/** The figures of series, and those of images, whose names are written beside the images. */
const OF_SERIES: Record<string, Draw> = {
  reliabilityDiagram: over(reliabilityDiagram, { bins }),
  confidenceHistogram: over(confidenceHistogram, { bins }),
  scoreHistogram: over(scoreHistogram, scores),
  rocCurves: over(rocCurves, scores),
  precisionRecallCurves: over(precisionRecallCurves, scores),
  riskCoverageCurves: over(riskCoverageCurves, { confidences: [0.9, 0.8, 0.7], losses: [0, 1, 0] }),
  uncertaintyErrorPlot: over(uncertaintyErrorPlot, { uncertainties: [3, 2, 1], errors: Float32Array.of(-2, 0, 1) }),
  detectionChart: over(detectionChart, {
    rows: [
      { detector: "energy", inSet: "a", outSet: "b", distance: "far", auroc: 0.75, aurocInterval: [0.5, 1] },
    ] satisfies DetectionRow[],
  }),
  energyHistogram: over(energyHistogram, { energies: [-1, -2, 0.5] }),
  energyLandscape: (names, options) =>
    energyLandscape(
      names.map((name) => ({ name, energies: [0, 1, 2, 3], samples: [0, 0] })),
      { shape: [2, 2], x: [-1, 1], y: [-1, 1], ...options },
    ),
  learningCurve: (names, options) =>
    learningCurve(
      names.map((name) => ({ name, sizes: [10, 100], values: [0.1, 0.9] })),
      options,
    ),
  robustnessCurve: (names, options) =>
    robustnessCurve(
      names.map((name) => ({ name, epsilons: [0, 1], accuracies: [0.9, 0.1] })),
      { norm: "l2", ...options },
    ),
  trainingCurves: over(trainingCurves, { rows }),
};
const OF_IMAGES: Record<string, Draw> = {
  chainFilmstrip: (names, options) =>
    chainFilmstrip(new Float32Array(names.length), [1, names.length, 1, 1, 1], { names, ...options }),
  classGrid: (names, options) =>
    classGrid(new Float32Array(names.length), [names.length, 1, 1, 1], {
      labels: names.map((_, i) => i),
      classNames: names,
      ...options,
    }),
  perturbationGrid: (names, options) => {
    const said = names.map((label) => ({ label, confidence: 0.5 }));
    const images = new Float32Array(names.length);
    return perturbationGrid(images, images, {
      shape: [names.length, 1, 1, 1],
      predictions: { original: said.map(({ label }) => ({ label })), perturbed: said },
      ...options,
    });
  },
  uncertaintyMap: (classNames, options) =>
    uncertaintyMap(
      { images: [0, 1], shape: [1, 1, 2, 1], predictions: [0, 0], uncertainties: [0, 1] },
      { classNames, ...options },
    ),
};

const textsOf = (svg: string): string[] =>
  [...new DOMParser().parseFromString(svg, "image/svg+xml").querySelectorAll("text")].map((text) => text.textContent);

describe.each(Object.entries({ ...OF_SERIES, ...OF_IMAGES }))("%s()", (_, draw) => {
  test("gives equal bytes for equal arguments, whatever was drawn before", () => {
    const first = draw(["JEM", "control"]);
    for (const other of Object.values(OF_SERIES)) other(["a", "b", "c"]);
    expect(draw(["JEM", "control"])).toBe(first);
    expect(draw(["JEM", "other"])).not.toBe(first);
  });

  test("gives a standalone SVG without style sheets, classes, ids or numbers that are none", () => {
    const svg = draw(["JEM", "control"]);
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+" viewBox="0 0 \d+ \d+" /,
    );
    expect(svg.match(/xmlns/g)).toHaveLength(1);
    expect(svg).not.toMatch(/<style|\s(?:class|id|style)=|href="(?!data:image\/png;base64,)|NaN|Infinity|undefined/);
    // The parser of resvg takes well-formed XML only.
    expect(toPng(svg, { scale: 0.1 }).length).toBeGreaterThan(100);
  });

  test("escapes names and titles, and replaces what XML forbids", () => {
    const svg = draw(["<b>&amp;\"'\u0000\ud800", "other\nline"], { title: '</title><script>alert("1")</script>' });
    expect(svg).not.toMatch(/<b>|<script/);
    expect(svg).toContain("<title>&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</title>");
    // Some figures write numbers behind the name.
    const texts = textsOf(svg).join("\n");
    expect(texts).toMatch(/^(.*: )?<b>&amp;"'\ufffd\ufffd/m);
    expect(texts).toMatch(/^other line/m);
    expect(toPng(svg, { scale: 0.1 }).length).toBeGreaterThan(100);
  });

  test("states the title, also as accessible name, the seeds and the temperature", () => {
    const svg = draw(["JEM"], { title: "A title", seed: 7, temperature: 0.5 });
    expect(svg).toContain('role="img" aria-label="A title"');
    const [title, facts] = textsOf(svg);
    expect(title).toBe("A title");
    expect(facts).toMatch(/(^|· )seed 7 · T = 0.5$/);
    expect(textsOf(draw(["JEM"], { title: "A title", seed: [0, 1] }))[1]).toMatch(/(^|· )seeds 0, 1$/);
  });

  test("says in words what it shows, as alternative text", () => {
    const svg = draw(["JEM", "a < b"], { title: "A & B" });
    expect(svg).toMatch(/<title>A &amp; B<\/title><desc>[^<]{20,}<\/desc>/);
    expect(altText(svg)).toMatch(/^A & B\. [^·]*\.$/);
  });

  test("refuses shared options that are out of range", () => {
    expect(() => draw(["a"], { title: "" })).toThrow("title must not be empty");
    expect(() => draw(["a"], { temperature: 0 })).toThrow("temperature must be greater than 0 but found 0");
    expect(() => draw(["a"], { seed: -1 })).toThrow("seed must be an integer from 0");
    expect(() => draw(["a"], { seed: [0, 0.5] })).toThrow("seed[1] must be an integer from 0");
  });
});

/** Those whose colours do not stand for the series. */
const COLOURS_OF: Record<string, number> = { scoreHistogram: 2, confidenceHistogram: 2, energyLandscape: 0 };

describe.each(Object.entries(OF_SERIES))("%s()", (name, draw) => {
  test("breaks a long title into lines and is as wide as asked", () => {
    const svg = draw(["JEM"], { title: "a title of many words ".repeat(5), width: 400 });
    expect(svg).toContain('width="400"');
    expect(textsOf(svg).slice(0, 3).join(" ")).toMatch(/^(a title of many words ?){4}/);
  });

  test("refuses widths that are out of range", () => {
    expect(() => draw(["a"], { width: 100 })).toThrow("width must be from 320 to 4000 but found 100");
    expect(() => draw(["a"], { width: Number.NaN })).toThrow("width must be finite but found NaN");
  });

  test("draws up to seven series, each in a colour of its own", () => {
    const svg = draw([..."abcdefg"]);
    const used = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
    const colours = used.filter((colour) => svg.includes(colour));
    expect(colours.length).toBe(COLOURS_OF[name] ?? 7);
  });

  test("refuses no series, too many, names that are none or the same", () => {
    expect(() => draw([])).toThrow(/series must (have 1 to 7 (items|different names)|not be empty)/);
    // A landscape needs no colours for its panels.
    if (name !== "energyLandscape") expect(() => draw([..."abcdefgh"])).toThrow(RangeError);
    // Runs of one name share a colour.
    if (name !== "trainingCurves") {
      expect(() => draw(["JEM", "JEM"])).toThrow('names must differ but found "JEM" twice');
    }
    expect(() => draw(["JEM", " "])).toThrow("series[1].name must not be empty");
    // @ts-expect-error: not a string
    expect(() => draw([1])).toThrow("series[0].name must be a string but found 1");
  });
});

test("altText() reads titles without a description, and refuses what has none", () => {
  expect(altText("<svg><title>a &lt; b &amp;amp;</title></svg>")).toBe("a < b &amp;");
  expect(() => altText("<svg></svg>")).toThrow(
    new TypeError('Cannot read alternative text: svg must have a title but found "<svg></svg>"'),
  );
  expect(() => altText("")).toThrow("svg must not be empty");
});
