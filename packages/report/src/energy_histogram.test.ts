import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { altText, type EnergyHistogramOptions, energyHistogram } from "./mod.ts";

const series = [
  { name: "data", energies: [-4, -4, -3.5, -3] },
  { name: "noise", energies: Float32Array.of(0, 3.5) },
];

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");

/** The shares of the bins of each set, relative to the highest of all. */
function shares(options: EnergyHistogramOptions): number[][] {
  const lines = [...parse(energyHistogram(series, options)).querySelectorAll('g[aria-label="line"] path')];
  const ys = lines.map((line) =>
    String(line.getAttribute("d"))
      .slice(1)
      .split("L")
      .map((point) => Number(point.split(",")[1])),
  );
  const base = ys[0]![0]!;
  const highest = base - Math.min(...ys.flat());
  return ys.map((corners) =>
    corners
      .slice(1, -1)
      .filter((_, i) => i % 2 === 0)
      .map((y) => (base - y) / highest),
  );
}

test("energyHistogram() draws each set as shares of itself, over bins that all share", () => {
  expect(shares({ bins: 3 })).toEqual([
    [1, 0, 0],
    [0, 0.5, 0.5],
  ]);
});

test("energyHistogram() names sets and sizes, in their colours, and the means in words", () => {
  const svg = energyHistogram(series);
  const areas = [...parse(svg).querySelectorAll('g[aria-label="area"]')].map((g) => g.getAttribute("fill"));
  expect(areas).toEqual(["#0072b2", "#d55e00"]);
  expect(svg).toContain(">data (n = 4)<");
  expect(altText(svg)).toBe("Energies. Mean energy: data −3.63 (n = 4), noise 1.75 (n = 2).");
});

test("energyHistogram() counts what lies beyond the domain", () => {
  const svg = energyHistogram(series, { domain: [-4, 0], energyLabel: "E(x)" });
  expect(svg).toContain(">E(x) (1 beyond the axis)<");
});

test("energyHistogram() refuses energies and options that are none, and says where", () => {
  expect(() => energyHistogram([{ name: "a", energies: [Number.POSITIVE_INFINITY] }])).toThrow(
    new RangeError("Cannot draw energy histogram: series[0].energies[0] must be finite but found Infinity"),
  );
  expect(() => energyHistogram(series, { domain: [1, 0] })).toThrow(
    "domain must be [lowest, highest], ascending, but found [1, 0]",
  );
  expect(() => energyHistogram(series, { bins: 1 })).toThrow("bins must be an integer from 2 to 500 but found 1");
});
