import { expect, test } from "vitest";
import { asText, markdownTable, pivotTable, summarize, summarizeAll } from "./summary.ts";

test("summarize() gives the mean and the margin of its 95 % interval by Student's t", () => {
  const { mean, margin } = summarize([1, 2, 3]);
  expect(mean).toBe(2);
  expect(margin).toBeCloseTo(4.303 / Math.sqrt(3), 3);
  expect(summarize([5])).toEqual({ values: [5], mean: 5 });
  expect(summarize([0.7, 0.7, 0.7])).toMatchObject({ mean: 0.7, margin: 0 });
});

test("summarize() has the quantile of many degrees of freedom", () => {
  // Of 21 values of variance 21 / 20, the margin is 2.086 standard errors.
  const values = Array.from({ length: 21 }, (_, i) => (i === 0 ? 0 : i % 2 === 0 ? 1 : -1));
  expect(summarize(values).margin).toBeCloseTo(2.086 * Math.sqrt(1 / 21), 3);
});

test("summarizeAll() takes the differences of JEM and control seed by seed", () => {
  const summaries = summarizeAll([
    { "JEM: accuracy": 0.5, "control: accuracy": 0.25, "JEM: other": 1 },
    { "JEM: accuracy": 0.75, "control: accuracy": 0.5, "JEM: other": 1 },
  ]);
  expect(summaries["JEM - control: accuracy"]).toEqual({ values: [0.25, 0.25], mean: 0.25, margin: 0 });
  expect(Object.keys(summaries)).toHaveLength(4);
});

test("pivotTable() has a row for each figure and a column for each network", () => {
  const of = (mean: number) => ({ values: [mean], mean });
  expect(pivotTable({ "a: x": of(1), "b: x": of(0.5), "b: y": of(1234.5678), z: of(Number.NaN) })).toBe(
    markdownTable(
      ["", "a", "b", ""],
      [
        ["x", "1", "0.5", ""],
        ["y", "", "1234.6", ""],
        ["z", "", "", "–"],
      ],
    ),
  );
  expect(markdownTable(["p(y|x)"], [])).toBe("| p(y\\|x) |\n| --- |");
  expect(asText({ values: [], mean: 0.87123, margin: 0.01234 })).toBe("0.8712 ± 0.012");
});
