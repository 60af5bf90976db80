import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type TrainingCurvesOptions, trainingCurves } from "./mod.ts";

const rows = [
  { iteration: 0, loss: 4, accuracy: 0 },
  { iteration: 5, loss: 2 },
  { iteration: 10, loss: 0, accuracy: 1 },
];

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const pathsOf = (svg: string): string[] =>
  [...parse(svg).querySelectorAll('g[aria-label="line"] path')].map((path) => path.getAttribute("d")!);
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);

test("trainingCurves() draws a panel for each field that is there, through the rows that have it", () => {
  const svg = trainingCurves([{ name: "JEM", rows }], { width: 640 });
  // Frames span 64 to 624; the first is 8 to 132, of 132 + 14, the second 8 to 132, of 132 + 44.
  expect(pathsOf(svg)).toEqual(["M64,8L344,70L624,132", "M64,132L624,8"]);
  expect(textsOf(svg)).toContain("loss");
  expect(textsOf(svg)).toContain("accuracy");
  expect(textsOf(svg)).not.toContain("energy gap");
  expect(textsOf(svg).filter((text) => text === "iteration")).toHaveLength(1);
});

test("trainingCurves() draws a line for each run and shares the horizontal axis", () => {
  const longer = [
    { iteration: 0, loss: 4 },
    { iteration: 20, loss: 0 },
  ];
  const paths = pathsOf(
    trainingCurves([
      { name: "JEM", rows },
      { name: "control", rows: longer },
    ]),
  );
  expect(paths).toEqual(["M64,8L204,70L344,132", "M64,8L624,132", "M64,132L344,8"]);
});

test("trainingCurves() draws the fields that are asked for, in their order", () => {
  const svg = trainingCurves([{ name: "JEM", rows }], { fields: { accuracy: "right", loss: "wrong" }, x: "iteration" });
  const labels = textsOf(svg).filter((text) => text === "right" || text === "wrong");
  expect(labels).toEqual(["right", "wrong"]);
});

test("trainingCurves() averages over a centred window and says so", () => {
  const noisy = [0, 3, 0, 3, 0].map((loss, iteration) => ({ iteration, loss }));
  const svg = trainingCurves([{ name: "JEM", rows: noisy }], { smoothing: 3 });
  expect(textsOf(svg)).toContain("mean of 3 rows");
  const [raw, smooth] = pathsOf(svg).map((path) => path.split("L").map((point) => Number(point.split(",")[1])));
  const [bottom, top] = [raw![0]!, raw![1]!];
  const means = smooth!.map((y) => Number(((3 * (bottom - y)) / (bottom - top)).toFixed(4)));
  expect(means).toEqual([1.5, 1, 2, 1, 1.5]);
});

test("trainingCurves() gives runs of one name one colour and one item of the legend", () => {
  const svg = trainingCurves([
    { name: "JEM", rows },
    { name: "control", rows },
    { name: "JEM", rows: rows.map((row) => ({ ...row, loss: row.loss + 1 })) },
  ]);
  const strokes = [...parse(svg).querySelectorAll('g[aria-label="line"]')].map((g) => g.getAttribute("stroke"));
  expect(strokes.slice(0, 3)).toEqual(["#0072b2", "#d55e00", "#0072b2"]);
  expect(textsOf(svg).filter((text) => text === "JEM")).toHaveLength(1);
});

test("trainingCurves() draws a field on a logarithmic axis", () => {
  const decades = [1, 10, 100].map((gradientNorm, iteration) => ({ iteration, gradientNorm }));
  const svg = trainingCurves([{ name: "JEM", rows: decades }], { logarithmic: ["gradientNorm"] });
  expect(pathsOf(svg)).toEqual(["M64,132L344,70L624,8"]);
  const draw = (change: object, logarithmic: string[]) => () =>
    trainingCurves([{ name: "JEM", rows: [...decades, { iteration: 3, ...change }] }], { logarithmic });
  expect(draw({ gradientNorm: 0 }, ["gradientNorm"])).toThrow(
    "series[0].rows[3].gradientNorm must be above 0 on a logarithmic axis but found 0",
  );
  expect(draw({}, ["loss"])).toThrow('logarithmic must have drawn fields but found "loss"');
});

test("trainingCurves() marks incidents in every panel, in the colour of the run", () => {
  const incident = { iteration: 5, incident: 1, divergedAt: 8, divergence: "loss is NaN" };
  const figure = parse(
    trainingCurves([
      { name: "control", rows },
      { name: "JEM", rows: [...rows.slice(0, 2), incident, ...rows.slice(2)] },
    ]),
  );
  const marks = [...figure.querySelectorAll('g[aria-label="rule"][stroke="#d55e00"][stroke-dasharray] line')];
  expect(marks.map((mark) => mark.getAttribute("x1"))).toEqual(["344", "344"]);
  expect(textsOf(figure.toString())).toContain("incident");
  expect(textsOf(trainingCurves([{ name: "JEM", rows }]))).not.toContain("incident");
});

test("trainingCurves() thins long lines to what is seen", () => {
  const long = Array.from({ length: 50_000 }, (_, iteration) => ({
    iteration,
    loss: iteration === 31_415 ? 9 : iteration % 3,
  }));
  const svg = trainingCurves([{ name: "JEM", rows: long }], { width: 640 });
  expect(svg.length).toBeLessThan(60_000);
  const points = pathsOf(svg)[0]!
    .slice(1)
    .split("L")
    .map((point) => point.split(",").map(Number) as [number, number]);
  const highest = points.reduce((a, b) => (b[1] < a[1] ? b : a));
  expect(highest[0]).toBeCloseTo(64 + (560 * 31_415) / 49_999, 2);
  expect([points[0]![0], points.at(-1)![0]]).toEqual([64, 624]);
});

test("trainingCurves() draws a single row and a line that does not move", () => {
  expect(trainingCurves([{ name: "a", rows: [{ iteration: 3, loss: 1 }] }])).not.toMatch(/NaN|Infinity/);
  const flat = [0, 1].map((iteration) => ({ iteration, loss: 1 }));
  expect(trainingCurves([{ name: "a", rows: flat }])).not.toMatch(/NaN|Infinity/);
});

test("trainingCurves() refuses rows that are none, and says where", () => {
  const draw = (change: object, options?: TrainingCurvesOptions) => () =>
    trainingCurves([{ name: "a", rows: [...rows, change as Record<string, unknown>] }], options);
  expect(draw({ iteration: 11, loss: Number.NaN })).toThrow(
    new RangeError("Cannot draw training curves: series[0].rows[3].loss must be finite but found NaN"),
  );
  // JSON has no NaN: it is written as null.
  expect(draw({ iteration: 11, loss: null })).toThrow(
    new TypeError("Cannot draw training curves: series[0].rows[3].loss must be a number but found null"),
  );
  expect(draw({ loss: 1 })).toThrow("series[0].rows[3].iteration must be a number but found undefined");
  expect(draw({ iteration: 11, divergence: "loss is NaN" })).not.toThrow();
  expect(draw({}, { fields: { margin: "margin" } })).toThrow(
    new RangeError('Cannot draw training curves: some row must have "margin" but found iteration, loss, accuracy'),
  );
  expect(() => trainingCurves([{ name: "a", rows: [{ iteration: 1 }] }])).toThrow(
    "some row must have a field of loss, energyGap, gradientNorm, accuracy but found iteration",
  );
  expect(() => trainingCurves([{ name: "a", rows: [] }])).toThrow("but found no field");
  // @ts-expect-error: not a row
  expect(() => trainingCurves([{ name: "a", rows: [1] }])).toThrow("series[0].rows[0] must be an object but found 1");
  expect(draw({}, { smoothing: 0 })).toThrow("smoothing must be an integer from 1");
});
