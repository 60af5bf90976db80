import { dot, line, type Markish } from "@observablehq/plot";
import type { LegendItem } from "./_figure.ts";
import { colour, symbol } from "./_style.ts";

/** A point of a line. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How a line is drawn: the number of its series, and whether it has steps instead of slopes, symbols, or dashes. */
export interface CurveStyle {
  readonly series: number;
  readonly steps?: boolean;
  readonly symbols?: boolean;
  readonly dashed?: boolean;
  readonly strokeOpacity?: number;
  readonly strokeWidth?: number;
}

/** How many symbols a line has. */
const SYMBOL_COUNT = 5;

/** How many columns of points a line may have: about one a pixel. */
const COLUMNS = 600;

/** The points of two lists of numbers. */
export function pointsOf(xs: ArrayLike<number>, ys: ArrayLike<number>): Point[] {
  return Array.from(xs, (x, i) => ({ x, y: ys[i]! }));
}

/** A line through points whose `x` do not descend; of a step, the value at a point holds since the point before. */
export function curveMarks(points: readonly Point[], style: CurveStyle): Markish[] {
  const { series, steps = false, symbols = false, dashed = false, strokeWidth = 2, strokeOpacity } = style;
  const drawn = thin(points);
  const marks: Markish[] = [
    line(drawn, {
      x: "x",
      y: "y",
      stroke: colour(series),
      strokeWidth,
      ...(strokeOpacity !== undefined && { strokeOpacity }),
      ...(steps && { curve: "step-before" }),
      ...(dashed && { strokeDasharray: "5,3" }),
    }),
  ];
  if (symbols) {
    marks.push(dot(along(drawn, series), { x: "x", y: "y", fill: colour(series), symbol: symbol(series), r: 3.5 }));
  }
  return marks;
}

/** The legend of lines, each with its figures. */
export function curveLegend(labels: readonly string[]): LegendItem[] {
  const hasSymbols = labels.length > 1;
  return labels.map((label, i) => ({
    label,
    kind: "line",
    colour: colour(i),
    ...(hasSymbols && { symbol: symbol(i) }),
  }));
}

/** The first, lowest, highest and last point of each of 600 columns: what the line covers stays as it is. */
function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= 4 * COLUMNS) return points;
  const lowest = points[0]!.x;
  const span = points.at(-1)!.x - lowest || 1;
  const kept: Point[] = [];
  for (let start = 0; start < points.length; ) {
    const columnOf = (i: number): number => Math.floor(((points[i]!.x - lowest) / span) * COLUMNS);
    let end = start;
    let low = start;
    let high = start;
    for (; end < points.length && columnOf(end) === columnOf(start); end++) {
      if (points[end]!.y < points[low]!.y) low = end;
      if (points[end]!.y > points[high]!.y) high = end;
    }
    const order = [start, Math.min(low, high), Math.max(low, high), end - 1];
    kept.push(...order.filter((i, j) => j === 0 || i !== order[j - 1]).map((i) => points[i]!));
    start = end;
  }
  return kept;
}

/** Points of the line at equal distances, other ones for each series: symbols there tell lines apart in grey. */
function along(points: readonly Point[], series: number): Point[] {
  const lowest = points[0]!.x;
  const span = points.at(-1)!.x - lowest;
  const at = Array.from({ length: SYMBOL_COUNT }, (_, k) => {
    const x = lowest + (span * (k + 0.15 + 0.1 * series)) / SYMBOL_COUNT;
    return points.find((point) => point.x >= x) ?? points.at(-1)!;
  });
  return [...new Set(at)];
}
