import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { altText, type EnergyLandscapeOptions, energyLandscape, type LandscapeSeries } from "./mod.ts";

const item: LandscapeSeries = { name: "model", energies: [0, 1, 2, 3, 4, 5] };
const options: EnergyLandscapeOptions = { shape: [2, 3], x: [0, 3], y: [0, 2], width: 420 };

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");

/** How bright the pixels of the heat map are, from the top left on; green grows along viridis. */
function greens(series: LandscapeSeries, changed: EnergyLandscapeOptions): number[] {
  const href = parse(energyLandscape([series], changed))
    .querySelector("image")!
    .getAttribute("href")!;
  const { data, width, height } = decode(Buffer.from(href.split(",")[1]!, "base64"));
  expect([width, height]).toEqual([3, 2]);
  return [...data].filter((_, i) => i % 3 === 1);
}

test("energyLandscape() draws low energies bright, the first row at its edge of y", () => {
  const upwards = greens(item, options);
  const downwards = greens(item, { ...options, y: [2, 0] });
  expect(upwards).toEqual([...downwards.slice(3), ...downwards.slice(0, 3)]);
  expect(downwards).toEqual([...downwards].sort((a, b) => b - a));
  expect(new Set(downwards).size).toBe(6);
});

test("energyLandscape() gives what lies beyond the scale the colour of its end", () => {
  const clipped = greens(item, { ...options, y: [2, 0], domain: [1, 4] });
  expect(clipped[0]).toBe(clipped[1]);
  expect(clipped[4]).toBe(clipped[5]);
  expect(clipped[1]).toBeGreaterThan(clipped[2]!);
});

test("energyLandscape() draws samples and chains at their places, on the scale of the axes", () => {
  const svg = energyLandscape(
    [{ ...item, samples: [1.5, 1], chains: { values: [0, 0, 3, 2, 1.5, 1, 0, 2], shape: [2, 2, 2] } }],
    options,
  );
  const figure = parse(svg);
  // The frame spans 64 to 404, and its height is 2 / 3 of that.
  const map = figure.querySelector("image")!;
  const [top, height] = ["y", "height"].map((name) => Number(map.getAttribute(name))) as [number, number];
  expect(height).toBe(Math.round((340 * 2) / 3));
  const at = (x: number, y: number): string =>
    `${64 + (340 * x) / 3},${Number((top + height * (1 - y / 2)).toFixed(3))}`;
  const lines = [...figure.querySelectorAll('g[aria-label="line"] path')].map((path) => path.getAttribute("d"));
  // Each chain is drawn twice, first its white rim.
  expect(lines).toEqual([...Array(2).fill(`M${at(0, 0)}L${at(1.5, 1)}`), ...Array(2).fill(`M${at(3, 2)}L${at(0, 2)}`)]);
  const dots = [...figure.querySelectorAll('g[aria-label="dot"]')].flatMap((g) => [...g.querySelectorAll("circle")]);
  expect(dots.map((dot) => `${dot.getAttribute("cx")},${dot.getAttribute("cy")}`)).toContain(at(1.5, 1));
  expect(svg).toContain(">from 0 to 5 · 1 sample · 2 chains<");
});

test("energyLandscape() draws lines of equal energy between the ends of the scale, or none", () => {
  const slope = { name: "slope", energies: Array.from({ length: 100 }, (_, i) => i % 10) };
  const grid: EnergyLandscapeOptions = { shape: [10, 10], x: [0, 10], y: [0, 10], width: 420, contours: 2 };
  const lines = parse(energyLandscape([slope], grid)).querySelectorAll('g[aria-label="contour"] path');
  expect(lines).toHaveLength(2);
  // Energy 3 lies on the middle of the fourth column, x = 3.5, and energy 6 on x = 6.5.
  expect(lines[0]!.getAttribute("d")).toContain(`${64 + 34 * 3.5},`);
  expect(lines[1]!.getAttribute("d")).toContain(`${64 + 34 * 6.5},`);
  expect(energyLandscape([slope], { ...grid, contours: 0 })).not.toContain("contour");
});

test("energyLandscape() draws panels on one scale, and energies that are all the same", () => {
  const svg = energyLandscape([item, { name: "other", energies: new Float32Array(6) }], options);
  expect(parse(svg).querySelectorAll("image")).toHaveLength(3);
  expect(energyLandscape([{ name: "flat", energies: new Float32Array(6) }], options)).not.toMatch(/NaN|Infinity/);
});

test("energyLandscape() refuses grids, samples and chains that are none, and says where", () => {
  const draw =
    (change: Partial<LandscapeSeries>, changed: Partial<EnergyLandscapeOptions> = {}) =>
    () =>
      energyLandscape([{ ...item, ...change }], { ...options, ...changed });
  expect(draw({ energies: [1] })).toThrow(
    new TypeError("Cannot draw energy landscape: series[0].energies must have 6 elements for shape [2, 3] but found 1"),
  );
  expect(draw({ energies: [0, 1, 2, 3, 4, Number.NaN] })).toThrow("series[0].energies[5] must be finite but found NaN");
  expect(draw({ samples: [1] })).toThrow("series[0].samples must have two numbers a point but found 1 numbers");
  expect(draw({ chains: { values: [1, 2], shape: [1, 2] } })).toThrow(
    "series[0].chains.shape must be [steps, chains, 2] but found [1, 2]",
  );
  expect(draw({}, { shape: [1, 6] })).toThrow("shape must be [rows, columns], at least 2 of each, but found [1, 6]");
  expect(draw({}, { x: [1, 0] })).toThrow("x must be [left, right], ascending, but found [1, 0]");
  expect(draw({}, { y: [1, 1] })).toThrow("y must be [first, last], which differ, but found [1, 1]");
  expect(draw({}, { contours: -1 })).toThrow("contours must be an integer from 0 to 50 but found -1");
});

test("energyLandscape() says the energies that there are, also of a flat one", () => {
  const svg = energyLandscape([{ name: "flat", energies: new Float32Array(9).fill(2) }], {
    shape: [3, 3],
    x: [0, 1],
    y: [0, 1],
  });
  expect(altText(svg)).toContain("flat: from 2 to 2.");
});

test("energyLandscape() draws no sample and no part of a chain beyond the axes", () => {
  const chains = { values: [-3, 1, 1, 1, 6, 1, 6, 9, 2, 9, 2, 1], shape: [6, 1, 2] };
  const svg = energyLandscape([{ ...item, samples: [1, 1, 9, 9], chains }], options);
  expect(altText(svg)).toContain("2 samples (1 beyond the axis), 1 chain");
  const inside = energyLandscape(
    [{ ...item, samples: [1, 1], chains: { values: [0, 0, 3, 2], shape: [2, 1, 2] } }],
    options,
  );
  const numbers = (text: string): number[] =>
    [...parse(text).querySelectorAll("[aria-label=line] path")].flatMap((path) =>
      (path.getAttribute("d")!.match(/-?[\d.]+/g) ?? []).map(Number),
    );
  const [clipped, whole] = [numbers(svg), numbers(inside)];
  expect(Math.max(...clipped)).toBeLessThanOrEqual(Math.max(...whole));
  expect(Math.min(...clipped)).toBeGreaterThanOrEqual(Math.min(...whole));
  expect(parse(svg).querySelectorAll("[aria-label=line]")).toHaveLength(2 * 2); // two parts, each with a rim
});
