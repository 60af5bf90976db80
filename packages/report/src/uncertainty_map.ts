import { checkArray, checkInteger, checkNumbers, checkPair, checkText } from "./_check.ts";
import { type HeatScale, heatRaster, rgb, scalePanel } from "./_colour_scale.ts";
import { drawFigure, factsOf } from "./_figure.ts";
import { extent } from "./_histogram.ts";
import { type ImageCell, imageOptions, imagePanel } from "./_image_grid.ts";
import { checkImages, checkSize, imageRaster, type Raster } from "./_raster.ts";
import { COLOURS, counted, RULE, shortNumber } from "./_style.ts";
import type { ImageFigureOptions } from "./figure_options.ts";

/** Images with a class and an uncertainty for each pixel. */
export interface UncertaintyMaps {
  /** The values of the images, `[n, height, width, channels]` in row-major order. */
  readonly images: ArrayLike<number>;
  /** That shape, with 1 channel (grey) or 3 (red, green, blue). */
  readonly shape: readonly number[];
  /** The predicted class of each pixel, `[n, height, width]`, integers of at least 0. */
  readonly predictions: ArrayLike<number>;
  /** The uncertainty of each pixel, `[n, height, width]`, such as the entropy of its class. */
  readonly uncertainties: ArrayLike<number>;
  /** The true class of each pixel, `[n, height, width]`; −1 is a pixel without one. @default {not drawn} */
  readonly labels?: ArrayLike<number>;
}

/** Options of {@linkcode uncertaintyMap}. */
export interface UncertaintyMapOptions extends ImageFigureOptions {
  /** The names of the classes, one to twenty; the first seven colours can be told apart with any colour vision. */
  readonly classNames: readonly string[];
  /** The label of the scale. @default {"uncertainty"} */
  readonly uncertaintyLabel?: string;
  /** The ends of the scale; what lies beyond has the colour of its end. @default {the lowest and the highest uncertainty} */
  readonly domain?: readonly [lowest: number, highest: number];
}

const ACTION = "draw uncertainty map";

/** The colours of the series, then tints of them, then shades (black has none). */
const PALETTE: readonly string[] = [
  ...COLOURS,
  ...COLOURS.map((colour) => mix(colour, 255)),
  ...COLOURS.slice(0, -1).map((colour) => mix(colour, 0)),
];

/**
 * Draws where a segmentation is uncertain: a row for each image with the image, the true classes if given, the predicted
 * classes, and the uncertainty as a heat map with its scale.
 *
 * @example Usage
 * ```ts
 * import { uncertaintyMap } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = uncertaintyMap(
 *   { images: [0, 0.5], shape: [1, 1, 2, 1], predictions: [0, 1], uncertainties: [0.1, 0.7] },
 *   { classNames: ["road", "car"], uncertaintyLabel: "entropy (nats)" },
 * );
 * expect(svg).toContain(">entropy (nats)<");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1703.04977 | Kendall and Gal, What uncertainties do we need in Bayesian deep learning for computer vision?, figure 1}
 *
 * @param maps The images with their classes and uncertainties.
 * @param options The names of the classes; title, seed and temperature; label and domain of the scale; range and scale.
 * @returns A standalone SVG with the images in it; equal arguments give equal strings.
 * @throws {TypeError} When `shape` is of another kind, or a list has another number of elements.
 * @throws {RangeError} When a value is not finite, a class has no name, or an option is out of range.
 */
export function uncertaintyMap(maps: UncertaintyMaps, options: UncertaintyMapOptions): string {
  const { images, predictions, uncertainties, labels } = maps;
  const shape = checkImages(ACTION, "images", images, maps.shape);
  const [n, height, width] = shape;
  const { title = "Uncertainty of each pixel", uncertaintyLabel = "uncertainty", classNames } = options;
  const { range, scale } = imageOptions(ACTION, options, shape, 144);
  checkText(ACTION, "uncertaintyLabel", uncertaintyLabel);
  checkArray(ACTION, "classNames", classNames);
  checkInteger(ACTION, "the number of classNames", classNames.length, 1, PALETTE.length);
  for (const [i, name] of classNames.entries()) checkText(ACTION, `classNames[${i}]`, name);
  checkClasses("predictions", predictions, [n, height, width], 0, classNames.length);
  if (labels !== undefined) checkClasses("labels", labels, [n, height, width], -1, classNames.length);
  checkNumbers(ACTION, "uncertainties", uncertainties);
  checkSize(ACTION, "uncertainties", uncertainties, [n, height, width]);
  const domain = options.domain ?? extent([uncertainties]);
  checkPair(ACTION, "domain", "[lowest, highest]", domain);

  const heat: HeatScale = { domain, bright: "high" };
  const size = height * width;
  const cut = (values: ArrayLike<number>, i: number): number[] =>
    Array.from({ length: size }, (_, j) => values[i * size + j]!);
  const rows = Array.from({ length: n }, (_, i) => {
    const rasters = [
      imageRaster(images, shape, i, range),
      ...(labels === undefined ? [] : [classRaster(cut(labels, i), height, width)]),
      classRaster(cut(predictions, i), height, width),
      heatRaster(cut(uncertainties, i), [height, width], heat),
    ];
    return { cells: rasters.map((raster): ImageCell => ({ raster })) };
  });
  const columns = ["image", ...(labels === undefined ? [] : ["truth"]), "prediction", "uncertainty"];
  const panel = imagePanel({ columns, rows, scale });
  const sum = Array.from(uncertainties).reduce((total, value) => total + value, 0);
  const hasVoid = labels !== undefined && Array.from(labels).includes(-1);
  return drawFigure({
    title,
    description:
      `${counted(n, "image")} of ${height} by ${width} pixels, ${counted(classNames.length, "class", "classes")}; ` +
      `mean ${uncertaintyLabel} ${shortNumber(sum / uncertainties.length)}.`,
    facts: factsOf({ n, ...options }),
    legend: [
      ...classNames.map((label, i) => ({ label, kind: "square" as const, colour: PALETTE[i]! })),
      ...(hasVoid ? [{ label: "no class", kind: "square" as const, colour: RULE }] : []),
    ],
    rows: [[panel], [scalePanel(panel.width, uncertaintyLabel, heat, 12)]],
  });
}

function checkClasses(
  name: string,
  values: ArrayLike<number>,
  shape: readonly number[],
  least: number,
  count: number,
): void {
  checkNumbers(ACTION, name, values);
  checkSize(ACTION, name, values, shape);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isInteger(value) || value < least || value >= count) {
      checkInteger(ACTION, `${name}[${i}]`, value, least, count - 1);
    }
  }
}

function classRaster(classes: readonly number[], height: number, width: number): Raster {
  return { height, width, channels: 3, data: Uint8Array.from(classes.flatMap((label) => rgb(PALETTE[label] ?? RULE))) };
}

/** The colour half way to black or white. */
function mix(colour: string, end: number): string {
  return `#${rgb(colour)
    .map((channel) =>
      Math.round((channel + end) / 2)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}
