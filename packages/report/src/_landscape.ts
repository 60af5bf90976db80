import { contour, dot, image, line, type Markish } from "@observablehq/plot";
import { clipLine, type Frame, isWithin } from "./_clip.ts";
import { type HeatScale, heatRaster } from "./_colour_scale.ts";
import type { Point } from "./_curves.ts";
import { dataUri } from "./_raster.ts";
import { INK, PAPER } from "./_style.ts";
import type { EnergyLandscapeOptions, LandscapeSeries } from "./energy_landscape.ts";

/** The energies as an image that fills the frame of `size`. */
export function heatMap(
  energies: ArrayLike<number>,
  { shape, x, y }: EnergyLandscapeOptions,
  scale: HeatScale,
  size: { readonly width: number; readonly height: number },
): Markish {
  const [rows, columns] = shape;
  const isUpwards = y[0] < y[1];
  // The first row of an image is its upper one.
  const values = Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    return energies[(isUpwards ? rows - 1 - row : row) * columns + (i % columns)]!;
  });
  return image([0], {
    ...size,
    x: [(x[0] + x[1]) / 2],
    y: [(y[0] + y[1]) / 2],
    src: dataUri(heatRaster(values, shape, scale)),
    preserveAspectRatio: "none",
    imageRendering: "pixelated",
  });
}

/** Lines of equal energy at equal distances on the scale. */
export function contourLines(
  energies: ArrayLike<number>,
  { shape, x, y }: EnergyLandscapeOptions,
  { domain: [lowest, highest] }: HeatScale,
  count: number,
): Markish[] {
  if (count === 0) return [];
  const [rows, columns] = shape;
  // A line goes around what is above its threshold: negated, around the lows, not along the edge around the high plain. Where a
  // low reaches the edge, a frame of copies puts that part of its line outside of the map, white on white.
  const clamp = (i: number, most: number): number => Math.min(most - 1, Math.max(0, i - 1));
  const values = Array.from({ length: (rows + 2) * (columns + 2) }, (_, i) => {
    const [row, column] = [Math.floor(i / (columns + 2)), i % (columns + 2)];
    return -energies[clamp(row, rows) * columns + clamp(column, columns)]!;
  });
  const [dx, dy] = [(x[1] - x[0]) / columns, (y[1] - y[0]) / rows];
  const thresholds = Array.from({ length: count }, (_, i) => -lowest - ((i + 1) / (count + 1)) * (highest - lowest));
  const size = { width: columns + 2, height: rows + 2 };
  const edges = { x1: x[0] - dx, x2: x[1] + dx, y1: y[0] - dy, y2: y[1] + dy };
  return [contour(values, { ...size, ...edges, thresholds, stroke: PAPER, strokeWidth: 0.75, strokeOpacity: 0.6 })];
}

/** Samples as dots, and chains as lines with a white rim from an open to a filled circle; what is beyond the axes is not drawn. */
export function overlay({ samples, chains }: LandscapeSeries, frame: Frame): Markish[] {
  const marks: Markish[] = [];
  if (samples !== undefined) {
    const points = Array.from({ length: samples.length / 2 }, (_, i) => pointAt(samples, i)).filter((point) =>
      isWithin(point, frame),
    );
    marks.push(dot(points, { x: "x", y: "y", r: 1.75, fill: PAPER, stroke: INK, strokeWidth: 0.5 }));
  }
  if (chains === undefined) return marks;
  const [steps, count] = chains.shape as [number, number];
  for (let chain = 0; chain < count; chain++) {
    const points = Array.from({ length: steps }, (_, step) => pointAt(chains.values, step * count + chain));
    const ends = { x: "x", y: "y", r: 3.5, strokeWidth: 1.25 } as const;
    const parts = clipLine(points, frame);
    const [first, last] = [points.slice(0, 1), points.slice(-1)].map((end) => end.filter((p) => isWithin(p, frame)));
    marks.push(
      ...parts.map((part) => line(part, { x: "x", y: "y", stroke: PAPER, strokeWidth: 3 })),
      ...parts.map((part) => line(part, { x: "x", y: "y", stroke: INK, strokeWidth: 1.25 })),
      dot(first!, { ...ends, fill: PAPER, stroke: INK }),
      dot(last!, { ...ends, fill: INK, stroke: PAPER }),
    );
  }
  return marks;
}

function pointAt(values: ArrayLike<number>, i: number): Point {
  return { x: values[2 * i]!, y: values[2 * i + 1]! };
}
