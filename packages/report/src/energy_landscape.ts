import { checkArray, checkInteger, checkNames, checkNumbers, checkPair, checkText, format } from "./_check.ts";
import { type Frame, isWithin } from "./_clip.ts";
import { type HeatScale, scalePanel } from "./_colour_scale.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, type LegendItem, type Panel } from "./_figure.ts";
import { beyondLabel, extent, rangeOf } from "./_histogram.ts";
import { contourLines, heatMap, overlay } from "./_landscape.ts";
import { axes, MARGINS, panelHeadings } from "./_marks.ts";
import { checkSize } from "./_raster.ts";
import { counted, INK, shortNumber } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** An energy over the plane, with what moved in it. */
export interface LandscapeSeries {
  /** The name of the model. */
  readonly name: string;
  /** The energies on the grid, `[rows, columns]` in row-major order. */
  readonly energies: ArrayLike<number>;
  /** Points drawn over it, `[n, 2]` in row-major order, such as data or samples. @default {none} */
  readonly samples?: ArrayLike<number>;
  /** Chains drawn over it as lines, `[steps, chains, 2]`, as `sample` of the samplers returns them. @default {none} */
  readonly chains?: { readonly values: ArrayLike<number>; readonly shape: readonly number[] };
}

/** Options of {@linkcode energyLandscape}. */
export interface EnergyLandscapeOptions extends Omit<FigureOptions, "n"> {
  /** How many rows and columns the grid has, at least 2 of each. */
  readonly shape: readonly [rows: number, columns: number];
  /** The left edge of the first column and the right edge of the last. */
  readonly x: readonly [left: number, right: number];
  /** The outer edge of the first row and that of the last: descending when the first row is the upper one. */
  readonly y: readonly [first: number, last: number];
  /** The ends of the scale; what lies beyond has the colour of its end. @default {the lowest and the highest energy} */
  readonly domain?: readonly [lowest: number, highest: number];
  /** How many lines of equal energy divide the scale, from 0 to 50. @default {9} */
  readonly contours?: number;
  /** The label of the scale. @default {"energy"} */
  readonly energyLabel?: string;
}

const ACTION = "draw energy landscape";

/**
 * Draws energies over the plane as heat maps with lines of equal energy, one panel a model on one scale, with samples as dots
 * and chains as lines from an open to a filled circle. Brighter is lower: where samples should be.
 *
 * Energies that differ by a constant are the same model: subtract the lowest, or normalise, before comparing panels.
 *
 * @example Usage
 * ```ts
 * import { energyLandscape } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const at = (i: number) => -2 + (4 * (i + 0.5)) / 20; // a grid of 20 by 20 midpoints on [-2, 2]^2
 * const energies = Array.from({ length: 400 }, (_, i) => (at(i % 20) ** 2 + at(Math.floor(i / 20)) ** 2) / 2);
 * const chains = { values: [1.5, 1, 0.8, 0.3, 0.1, 0.2], shape: [3, 1, 2] }; // three steps of one chain
 * const svg = energyLandscape([{ name: "Gaussian", energies, chains }], { shape: [20, 20], x: [-2, 2], y: [-2, 2] });
 * expect(svg).toContain(">Gaussian<");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.12370 | Nijkamp et al., On the anatomy of MCMC-based maximum likelihood learning of energy-based models, figure 1}
 *
 * @param series One or more models with different names; three stand in a row, or four when there are four.
 * @param options The grid; title, seed, temperature and width; domain and label of the scale, and lines.
 * @returns A standalone SVG with the heat maps in it; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name or a number is of another kind, or a list has another number of elements.
 * @throws {RangeError} When there is no series, or a number is not finite or out of range.
 */
export function energyLandscape(series: readonly LandscapeSeries[], options: EnergyLandscapeOptions): string {
  checkFigureOptions(ACTION, options);
  const { title = "Energy landscape", shape, x, y, contours = 9, energyLabel = "energy" } = options;
  checkGrid(options);
  checkInteger(ACTION, "contours", contours, 0, 50);
  checkText(ACTION, "energyLabel", energyLabel);
  if (checkNames(ACTION, series) === 0) throw new RangeError(`Cannot ${ACTION}: series must not be empty`);
  for (const [i, item] of series.entries()) checkLandscape(`series[${i}]`, item, shape);
  const domain = options.domain ?? extent(series.map(({ energies }) => energies));
  checkPair(ACTION, "domain", "[lowest, highest]", domain);

  const scale: HeatScale = { domain, bright: "low" };
  const columns = Math.min(series.length, series.length === 4 ? 4 : 3);
  const { width = columns === 1 ? 420 : 300 * columns } = options;
  const panelWidth = Math.floor(width / columns);
  const summaries = series.map((item) => summarise(item, { x, y }));
  const { height, marks } = panelHeadings(
    series.map(({ name }, i) => ({ name, summary: summaries[i]! })),
    panelWidth,
  );
  const side = panelWidth - MARGINS.marginLeft - MARGINS.marginRight;
  const ratio = Math.min(2, Math.max(0.25, Math.abs(y[1] - y[0]) / (x[1] - x[0])));
  const panels = series.map((item, i): Panel => {
    const size = { width: side, height: Math.round(side * ratio) };
    return {
      width: panelWidth,
      height: height + size.height + MARGINS.marginBottom,
      options: {
        ...MARGINS,
        marginTop: height,
        x: { domain: [...x] },
        y: { domain: [Math.min(...y), Math.max(...y)] },
        marks: [
          heatMap(item.energies, options, scale, size),
          ...contourLines(item.energies, options, scale, contours),
          ...axes({ x: "x", y: "y" }, { xTicks: 4, yTicks: 4 }).slice(1),
          ...overlay(item, { x, y }),
          ...marks[i]!,
        ],
      },
    };
  });
  const rows: Panel[][] = [];
  for (let start = 0; start < panels.length; start += columns) rows.push(panels.slice(start, start + columns));
  return drawFigure({
    title,
    description: describeSeries(series, summaries),
    facts: factsOf(options),
    legend: legendOf(series),
    rows: [...rows, [scalePanel(width, energyLabel, scale, MARGINS.marginLeft)]],
  });
}

function checkGrid({ shape, x, y }: EnergyLandscapeOptions): void {
  checkArray(ACTION, "shape", shape);
  if (shape.length !== 2 || !shape.every((side) => Number.isInteger(side) && side >= 2)) {
    throw new RangeError(
      `Cannot ${ACTION}: shape must be [rows, columns], at least 2 of each, but found ${format(shape)}`,
    );
  }
  checkPair(ACTION, "x", "[left, right]", x);
  checkArray(ACTION, "y", y);
  if (y.length !== 2 || !y.every(Number.isFinite) || y[0] === y[1]) {
    throw new RangeError(`Cannot ${ACTION}: y must be [first, last], which differ, but found ${format(y)}`);
  }
}

function checkLandscape(
  owner: string,
  { energies, samples, chains }: LandscapeSeries,
  shape: EnergyLandscapeOptions["shape"],
): void {
  checkNumbers(ACTION, `${owner}.energies`, energies);
  checkSize(ACTION, `${owner}.energies`, energies, shape);
  if (samples !== undefined) {
    checkNumbers(ACTION, `${owner}.samples`, samples);
    if (samples.length % 2 !== 0) {
      throw new TypeError(
        `Cannot ${ACTION}: ${owner}.samples must have two numbers a point but found ${samples.length} numbers`,
      );
    }
  }
  if (chains === undefined) return;
  checkNumbers(ACTION, `${owner}.chains.values`, chains.values);
  checkArray(ACTION, `${owner}.chains.shape`, chains.shape);
  if (chains.shape.length !== 3 || chains.shape[2] !== 2) {
    throw new TypeError(
      `Cannot ${ACTION}: ${owner}.chains.shape must be [steps, chains, 2] but found ${format(chains.shape)}`,
    );
  }
  checkSize(ACTION, `${owner}.chains.values`, chains.values, chains.shape);
}

/** The lowest and the highest energy, and how much is drawn over them. */
function summarise({ energies, samples, chains }: LandscapeSeries, frame: Frame): string {
  const [lowest, highest] = rangeOf([energies]);
  const parts = [`from ${shortNumber(lowest)} to ${shortNumber(highest)}`];
  if (samples !== undefined) {
    const all = samples.length / 2;
    let within = 0;
    for (let i = 0; i < all; i++) if (isWithin({ x: samples[2 * i]!, y: samples[2 * i + 1]! }, frame)) within++;
    parts.push(beyondLabel(counted(all, "sample"), all - within));
  }
  if (chains !== undefined) parts.push(counted(chains.shape[1]!, "chain"));
  return parts.join(" · ");
}

function legendOf(series: readonly LandscapeSeries[]): LegendItem[] {
  const legend: LegendItem[] = [];
  if (series.some(({ samples }) => samples !== undefined))
    legend.push({ label: "samples", kind: "symbol", colour: INK, symbol: "circle" });
  if (series.some(({ chains }) => chains !== undefined)) {
    legend.push({ label: "chains, to the filled end", kind: "line", colour: INK, symbol: "circle" });
  }
  return legend;
}
