import { checkInteger, checkLength, checkNumbers, checkText } from "./_check.ts";
import { drawFigure, factsOf } from "./_figure.ts";
import { imageOptions, imagePanel } from "./_image_grid.ts";
import { checkImages, imageRaster } from "./_raster.ts";
import { counted, thousands } from "./_style.ts";
import type { ImageFigureOptions } from "./figure_options.ts";

/** Options of {@linkcode classGrid}. */
export interface ClassGridOptions extends ImageFigureOptions {
  /** The class of each image, an integer of at least 0. */
  readonly labels: ArrayLike<number>;
  /** The name of each class, left of its row. @default {"class 0", "class 1", ...} */
  readonly classNames?: readonly string[];
  /** How many images of each class are drawn at most. @default {10} */
  readonly columns?: number;
  /** A line below each image, such as its `log p(x, y)`, as many as there are images. @default {none} */
  readonly captions?: readonly string[];
}

const ACTION = "draw class grid";

/**
 * Draws images by class: a row for each class that occurs, with the first images of that class in their order. For samples
 * without text, as one PNG, see `sampleGrid`.
 *
 * @example Usage
 * ```ts
 * import { classGrid } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const values = Float32Array.of(-1, 1, 0); // three images of one grey pixel
 * const svg = classGrid(values, [3, 1, 1, 1], { labels: [1, 0, 1], classNames: ["cat", "dog"], seed: 0 });
 * expect(svg).toContain(">dog<");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model, figure 2}
 *
 * @param values The values of the images, `[n, height, width, channels]` in row-major order.
 * @param shape That shape, with 1 channel (grey) or 3 (red, green, blue).
 * @param options The labels; title, seed and temperature; names, captions and how many columns; range and scale.
 * @returns A standalone SVG with the images in it; equal arguments give equal strings.
 * @throws {TypeError} When `shape` is of another kind, or a list has another number of elements.
 * @throws {RangeError} When a value is not finite, a label has no name, or an option is out of range.
 */
export function classGrid(values: ArrayLike<number>, shape: readonly number[], options: ClassGridOptions): string {
  const images = checkImages(ACTION, "values", values, shape);
  const [n] = images;
  const { range, scale } = imageOptions(ACTION, options, images, 56);
  const { title = "Samples by class", labels, classNames, captions, columns = 10 } = options;
  checkInteger(ACTION, "columns", columns, 1, 1000);
  checkNumbers(ACTION, "labels", labels);
  checkLength(ACTION, "labels", labels.length, "images", n);
  if (captions !== undefined) checkLength(ACTION, "captions", captions.length, "images", n);
  for (const [i, name] of (classNames ?? []).entries()) checkText(ACTION, `classNames[${i}]`, name);
  const byClass = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const label = labels[i]!;
    checkInteger(ACTION, `labels[${i}]`, label, 0, classNames === undefined ? undefined : classNames.length - 1);
    byClass.set(label, [...(byClass.get(label) ?? []), i]);
  }
  const classes = [...byClass.keys()].sort((a, b) => a - b);
  const rows = classes.map((label) => ({
    head: classNames?.[label] ?? `class ${label}`,
    cells: byClass
      .get(label)!
      .slice(0, columns)
      .map((i) => ({
        raster: imageRaster(values, images, i, range),
        ...(captions !== undefined && { caption: [captions[i]!] }),
      })),
  }));
  const drawn = rows.reduce((sum, { cells }) => sum + cells.length, 0);
  return drawFigure({
    title,
    description: `Images of ${counted(classes.length, "class", "classes")}, a row each: ${rows.map(({ head }) => head).join(", ")}.`,
    facts: [`${thousands(drawn)} of ${thousands(n)} images`, ...factsOf(options)],
    legend: [],
    rows: [[imagePanel({ rows, scale })]],
  });
}
