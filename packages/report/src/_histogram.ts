import { areaY, line, type Markish } from "@observablehq/plot";
import { thousands } from "./_style.ts";

/** A corner of the outline of a histogram. */
interface Corner {
  readonly x: number;
  readonly y: number;
}

/** The outlines of the histograms of some sets over one another. */
export interface Histogram {
  /** The highest share of a bin, above 0. */
  readonly highest: number;
  /** The marks of the outlines, in the colours of the sets. */
  readonly marks: readonly Markish[];
  /** How many values lie beyond the domain. */
  readonly beyond: number;
}

/** Draws each set as shares of all its values, over `bins` of equal width. */
export function histogram(
  sets: readonly ArrayLike<number>[],
  domain: readonly [number, number],
  bins: number,
  colour: (i: number) => string,
): Histogram {
  const outlines = sets.map((values) => outline(values, domain, bins));
  const highest = Math.max(...outlines.flat().map((corner) => corner.y));
  let beyond = 0;
  for (const values of sets)
    for (let i = 0; i < values.length; i++) if (values[i]! < domain[0] || values[i]! > domain[1]) beyond++;
  return {
    highest: highest > 0 ? highest : 1,
    beyond,
    marks: outlines.flatMap((corners, i) => [
      areaY(corners, { x: "x", y1: 0, y2: "y", fill: colour(i), fillOpacity: 0.3 }),
      line(corners, { x: "x", y: "y", stroke: colour(i), strokeWidth: 1.5, strokeLinejoin: "miter" }),
    ]),
  };
}

/** The label of the horizontal axis, which says how many values are not drawn. */
export function beyondLabel(label: string, beyond: number): string {
  return beyond === 0 ? label : `${label} (${thousands(beyond)} beyond the axis)`;
}

/** The lowest and the highest of all values. */
export function rangeOf(sets: readonly ArrayLike<number>[]): [number, number] {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const values of sets) {
    for (let i = 0; i < values.length; i++) {
      lowest = Math.min(lowest, values[i]!);
      highest = Math.max(highest, values[i]!);
    }
  }
  return [lowest, highest];
}

/** The lowest and the highest of all values, apart even when they are equal. */
export function extent(sets: readonly ArrayLike<number>[]): [number, number] {
  const [lowest, highest] = rangeOf(sets);
  const apart = lowest < highest ? 0 : Math.max(1, Math.abs(lowest)) / 2;
  return [lowest - apart, highest + apart];
}

/**
 * The corners of the histogram of `values` in shares of all of them, from 0 to 0. Bins are `[from, to)`; the last has its
 * upper end too.
 */
function outline(values: ArrayLike<number>, [lowest, highest]: readonly [number, number], bins: number): Corner[] {
  const edge = (i: number): number => (i === bins ? highest : lowest + (i / bins) * (highest - lowest));
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < lowest || value > highest) continue;
    counts[Math.min(bins - 1, Math.floor(((value - lowest) / (highest - lowest)) * bins))]! += 1;
  }
  const corners = counts.flatMap((count, i) => [
    { x: edge(i), y: count / values.length },
    { x: edge(i + 1), y: count / values.length },
  ]);
  return [{ x: lowest, y: 0 }, ...corners, { x: highest, y: 0 }];
}
