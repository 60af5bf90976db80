import { checkBetween, checkFinite, checkLength, checkText } from "./_check.ts";
import { drawFigure, factsOf } from "./_figure.ts";
import { imageOptions, imagePanel } from "./_image_grid.ts";
import { checkImages, imageRaster } from "./_raster.ts";
import { counted, numberText, percent } from "./_style.ts";
import type { ImageFigureOptions } from "./figure_options.ts";

/** What a model says of an image. */
export interface Prediction {
  /** The predicted class, by name or number. */
  readonly label: string | number;
  /** Its probability, in `[0, 1]`. @default {not written} */
  readonly confidence?: number;
}

/** Options of {@linkcode perturbationGrid}. */
export interface PerturbationGridOptions extends ImageFigureOptions {
  /** The shape of both sets of images, `[n, height, width, channels]`, with 1 channel (grey) or 3 (red, green, blue). */
  readonly shape: readonly number[];
  /** What the model says of each original and each perturbed image, written below them. @default {not written} */
  readonly predictions?: { readonly original: readonly Prediction[]; readonly perturbed: readonly Prediction[] };
  /**
   * By what the differences are multiplied, above 0. @default {the largest integer that clips none, at least 1}
   */
  readonly magnification?: number;
}

const ACTION = "draw perturbation grid";

/**
 * Draws what an attack did: a column for each example with the original, the perturbed image and their difference, magnified
 * about mid grey, and what the model says of both.
 *
 * A difference `d` is drawn as `1/2 + m d / (2 (white - black))` of white; mid grey is no difference.
 *
 * @example Usage
 * ```ts
 * import { perturbationGrid } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = perturbationGrid([0.5, 0.5], [0.75, 0.25], {
 *   shape: [1, 1, 2, 1],
 *   range: [0, 1],
 *   predictions: { original: [{ label: 7, confidence: 0.98 }], perturbed: [{ label: 3, confidence: 0.61 }] },
 * });
 * expect(svg).toContain("difference × 4");
 * expect(svg).toContain(">3 (61%)<");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1412.6572 | Goodfellow et al., Explaining and harnessing adversarial examples, figure 1}
 *
 * @param original The values of the originals, in row-major order.
 * @param perturbed The values of the perturbed images, likewise.
 * @param options The shape; title, seed and temperature; predictions, magnification, range and scale.
 * @returns A standalone SVG with the images in it; equal arguments give equal strings.
 * @throws {TypeError} When `shape` is of another kind, or a list has another number of elements.
 * @throws {RangeError} When a value is not finite or an option is out of range.
 */
export function perturbationGrid(
  original: ArrayLike<number>,
  perturbed: ArrayLike<number>,
  options: PerturbationGridOptions,
): string {
  const images = checkImages(ACTION, "original", original, options.shape);
  checkImages(ACTION, "perturbed", perturbed, options.shape);
  const [n] = images;
  const { range, scale } = imageOptions(ACTION, options, images, 84);
  const { title = "Perturbations", predictions } = options;
  if (predictions !== undefined) {
    checkPredictions("original", predictions.original, n);
    checkPredictions("perturbed", predictions.perturbed, n);
  }
  const span = range[1] - range[0];
  const differences = Float64Array.from(perturbed, (value, i) => (value - original[i]!) / span);
  const largest = differences.reduce((most, difference) => Math.max(most, Math.abs(difference)), 0);
  // A hair above 1 / largest, because the difference of two rounded numbers may be a little larger than it should be.
  const { magnification = largest > 0 ? Math.max(1, Math.floor(1 / largest + 1e-6)) : 1 } = options;
  checkFinite(ACTION, "magnification", magnification);
  if (magnification <= 0) {
    throw new RangeError(`Cannot ${ACTION}: magnification must be greater than 0 but found ${magnification}`);
  }
  const row = (
    head: string,
    values: ArrayLike<number>,
    ends: readonly [number, number],
    said?: readonly Prediction[],
  ) => ({
    head,
    cells: Array.from({ length: n }, (_, i) => ({
      raster: imageRaster(values, images, i, ends),
      ...(said !== undefined && { caption: [describe(said[i]!)] }),
    })),
  });
  return drawFigure({
    title,
    description:
      `${counted(n, "original")}, perturbed images and the differences, magnified ${numberText(magnification)} times. ` +
      `The largest difference is ${numberText(Number((largest * span).toPrecision(3)))}.${describeFlips(predictions)}`,
    facts: [`largest difference ${numberText(Number((largest * span).toPrecision(3)))}`, ...factsOf(options)],
    legend: [],
    rows: [
      [
        imagePanel({
          rows: [
            row("original", original, range, predictions?.original),
            row("perturbed", perturbed, range, predictions?.perturbed),
            row(`difference × ${numberText(magnification)}`, differences, [-1 / magnification, 1 / magnification]),
          ],
          scale,
        }),
      ],
    ],
  });
}

function checkPredictions(side: string, predictions: readonly Prediction[], n: number): void {
  checkLength(ACTION, `predictions.${side}`, predictions.length, "images", n);
  for (const [i, { label, confidence }] of predictions.entries()) {
    const name = `predictions.${side}[${i}]`;
    checkText(ACTION, `${name}.label`, typeof label === "number" ? String(label) : label);
    if (confidence !== undefined) checkBetween(ACTION, `${name}.confidence`, confidence, 0, 1);
  }
}

function describe({ label, confidence }: Prediction): string {
  return confidence === undefined ? String(label) : `${label} (${percent(confidence, 0)})`;
}

function describeFlips(predictions: PerturbationGridOptions["predictions"]): string {
  if (predictions === undefined) return "";
  const flipped = predictions.original.filter(({ label }, i) => label !== predictions.perturbed[i]!.label).length;
  return ` The prediction changes for ${flipped}.`;
}
