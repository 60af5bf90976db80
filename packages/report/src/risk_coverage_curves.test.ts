import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type RiskCoverageSeries, riskCoverageCurves } from "./mod.ts";

const item = { name: "JEM", confidences: [0.9, 0.8, 0.7, 0.6], losses: [0, 1, 0, 1] };

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);

test("riskCoverageCurves() draws the mean loss of those kept against their share", () => {
  const path = parse(riskCoverageCurves([item], { width: 520 })).querySelector('g[aria-label="line"] path')!;
  const d = String(path.getAttribute("d"));
  // The frame spans 64 to 504 and 8 to 268, the axis 0 to 0.5.
  const points = String(d)
    .slice(1)
    .split("L")
    .map((point) => point.split(",").map(Number) as [number, number]);
  expect(points.map(([x]) => (x - 64) / 440)).toEqual([0.25, 0.5, 0.75, 1]);
  const risks = points.map(([, y]) => (0.5 * (268 - y)) / 260);
  for (const [i, risk] of [0, 1 / 2, 1 / 3, 1 / 2].entries()) expect(risks[i]).toBeCloseTo(risk, 4);
});

test("riskCoverageCurves() states AURC, n and the label of the risk", () => {
  const texts = textsOf(riskCoverageCurves([item], { riskLabel: "error rate" }));
  expect(texts).toContain("JEM: AURC 0.333"); // (0 + 1 / 2 + 1 / 3 + 1 / 2) / 4
  expect(texts).toContain("n = 4");
  expect(texts).toContain("error rate");
  const two = [item, { name: "b", confidences: [1], losses: [0] }];
  expect(textsOf(riskCoverageCurves(two)).join("|")).not.toContain("n = ");
  expect(textsOf(riskCoverageCurves(two, { n: 4 }))).toContain("n = 4");
});

test("riskCoverageCurves() draws one prediction and losses that are all 0", () => {
  expect(riskCoverageCurves([{ name: "a", confidences: [1], losses: [0] }])).not.toMatch(/NaN|Infinity/);
});

test("riskCoverageCurves() refuses predictions that are none, and says where", () => {
  const draw = (change: Partial<RiskCoverageSeries>) => () => riskCoverageCurves([{ ...item, ...change }]);
  expect(draw({ losses: [1] })).toThrow(
    new TypeError("Cannot draw risk-coverage curves: series[0].losses must be as many as confidences, 4, but found 1"),
  );
  expect(draw({ confidences: [1, 2, 3, Number.NaN] })).toThrow("series[0].confidences[3] must be finite but found NaN");
});
