import type { Interval } from "@jem-js/metrics";
import { areaY, dot, line, type PlotOptions, ruleY, type ScaleOptions } from "@observablehq/plot";
import { checkBetween } from "./_check.ts";
import type { LegendItem, Panel } from "./_figure.ts";
import { type AxesOptions, axes, MARGINS, percentTick } from "./_marks.ts";
import { BAND, BAND_OPACITY, colour, MUTED, symbol } from "./_style.ts";

/** A point of a curve of shares, with its interval if it has one. */
export interface SharePoint {
  readonly x: number;
  readonly y: number;
  readonly lower?: number;
  readonly upper?: number;
}

/** What surrounds the curves. */
interface SharePanelOptions extends Pick<AxesOptions, "xTicks" | "xFormat"> {
  readonly width: number;
  readonly labels: { readonly x: string; readonly y: string };
  readonly x: ScaleOptions;
  readonly y: readonly [lowest: number, highest: number];
  /** The share of guessing, a dashed line. */
  readonly chance?: number | undefined;
  /** What a band is called. */
  readonly band: string;
}

/** Curves of a share, one a series, with bands where all points of one have an interval; and their legend. */
export function sharePanel(
  names: readonly string[],
  curves: readonly (readonly SharePoint[])[],
  options: SharePanelOptions,
): { readonly panel: Panel; readonly legend: LegendItem[] } {
  const { width, labels, x, y, chance, band, ...ticks } = options;
  const banded = curves.map((points) => points.every(({ lower }) => lower !== undefined));
  const legend: LegendItem[] = names.map((label, i) => ({ label, kind: "line", colour: colour(i), symbol: symbol(i) }));
  if (banded.includes(true)) legend.push({ label: band, kind: "square", colour: BAND });
  if (chance !== undefined) {
    legend.push({ label: `chance (${percentTick(chance)}%)`, kind: "dashes", colour: MUTED });
  }
  const at = { x: "x", y: "y" } as const;
  const plot: PlotOptions = {
    ...MARGINS,
    x,
    y: { domain: [...y] },
    symbol: { type: "identity" },
    marks: [
      ...axes(labels, { ...ticks, yFormat: percentTick }),
      ...(chance === undefined ? [] : [ruleY([chance], { stroke: MUTED, strokeWidth: 1.25, strokeDasharray: "4,3" })]),
      ...curves.flatMap((points, i) =>
        banded[i]
          ? [areaY(points, { x: "x", y1: "lower", y2: "upper", fill: colour(i), fillOpacity: BAND_OPACITY })]
          : [],
      ),
      ...curves.map((points, i) => line(points, { ...at, stroke: colour(i), strokeWidth: 2 })),
      ...curves.map((points, i) => dot(points, { ...at, fill: colour(i), symbol: symbol(i), r: 4 })),
    ],
  };
  return { panel: { width, height: Math.round(0.58 * width), options: plot }, legend };
}

/** Throws unless all `intervals` are from 0 to 1. */
export function checkShareIntervals(action: string, owner: string, intervals: readonly Interval[]): void {
  for (const [i, { lower, upper }] of intervals.entries()) {
    checkBetween(action, `${owner}.intervals[${i}].lower`, lower, 0, 1);
    checkBetween(action, `${owner}.intervals[${i}].upper`, upper, lower, 1);
  }
}

/** Throws unless each of `values` is above the one before. */
export function checkAscending(action: string, name: string, values: ArrayLike<number>): void {
  for (let i = 1; i < values.length; i++) {
    if (!(values[i]! > values[i - 1]!)) {
      throw new RangeError(
        `Cannot ${action}: ${name}[${i}] must be above the one before, ${values[i - 1]}, but found ${values[i]}`,
      );
    }
  }
}
