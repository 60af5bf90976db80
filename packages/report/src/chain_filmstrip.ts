import { checkInteger, checkLength, checkNumbers, checkText, format } from "./_check.ts";
import { drawFigure, factsOf } from "./_figure.ts";
import { imageOptions, imagePanel } from "./_image_grid.ts";
import { checkImages, checkSize, imageRaster } from "./_raster.ts";
import { counted, shortNumber } from "./_style.ts";
import type { ImageFigureOptions } from "./figure_options.ts";

/** Options of {@linkcode chainFilmstrip}. */
export interface ChainFilmstripOptions extends ImageFigureOptions {
  /** The number of each step, as many as there are, written above its column. @default {1, 2, 3, ...} */
  readonly steps?: ArrayLike<number>;
  /** The energy of each image, `[steps, chains]` in row-major order, written below it. @default {not written} */
  readonly energies?: ArrayLike<number>;
  /** The name of each chain, left of its row. @default {"chain 1", "chain 2", ...} */
  readonly names?: readonly string[];
  /** How many steps are drawn at most: the first, the last and others evenly between. @default {10} */
  readonly columns?: number;
}

const ACTION = "draw chain filmstrip";

/**
 * Draws how chains moved: a row for each chain, a column for each step, with the energies below the images when given.
 *
 * It takes the samples as `sample` of the samplers returns them: `[steps, chains, height, width, channels]`.
 *
 * @example Usage
 * ```ts
 * import { chainFilmstrip } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const values = Float32Array.of(0, -1, 0.5, 0.2); // two steps of two chains of one grey pixel
 * const svg = chainFilmstrip(values, [2, 2, 1, 1, 1], { steps: [10, 20], energies: [1.5, 2, -1, -2.25], seed: 0 });
 * expect(svg).toContain(">step 20<");
 * expect(svg).toContain(">E −2.25<");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.08689 | Du and Mordatch, Implicit generation and modeling with energy-based models, figure 3}
 *
 * @param values The values of the images, `[steps, chains, height, width, channels]` in row-major order.
 * @param shape That shape, with 1 channel (grey) or 3 (red, green, blue).
 * @param options Title, seed and temperature; steps, energies, names and how many columns; range and scale.
 * @returns A standalone SVG with the images in it; equal arguments give equal strings.
 * @throws {TypeError} When `shape` is of another kind, or a list has another number of elements.
 * @throws {RangeError} When a value is not finite or an option is out of range.
 */
export function chainFilmstrip(
  values: ArrayLike<number>,
  shape: readonly number[],
  options: ChainFilmstripOptions = {},
): string {
  if (!Array.isArray(shape) || shape.length !== 5 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw new TypeError(
      `Cannot ${ACTION}: shape must be [steps, chains, height, width, channels] but found ${format(shape)}`,
    );
  }
  const [stepCount, chains, height, width, channels] = shape as [number, number, number, number, number];
  const images = checkImages(ACTION, "values", values, [stepCount * chains, height, width, channels]);
  const { range, scale } = imageOptions(ACTION, options, images, 56);
  const { title = "Chains", columns = 10 } = options;
  const { energies, steps = Array.from({ length: stepCount }, (_, i) => i + 1) } = options;
  const { names = Array.from({ length: chains }, (_, i) => `chain ${i + 1}`) } = options;
  checkInteger(ACTION, "columns", columns, 1, 1000);
  checkNumbers(ACTION, "steps", steps);
  checkLength(ACTION, "steps", steps.length, "steps of the shape", stepCount);
  checkLength(ACTION, "names", names.length, "chains of the shape", chains);
  for (const [i, name] of names.entries()) checkText(ACTION, `names[${i}]`, name);
  if (energies !== undefined) {
    checkNumbers(ACTION, "energies", energies);
    checkSize(ACTION, "energies", energies, [stepCount, chains]);
  }
  const shown = Math.min(columns, stepCount);
  const drawn = Array.from({ length: shown }, (_, i) =>
    shown === 1 ? stepCount - 1 : Math.round((i * (stepCount - 1)) / (shown - 1)),
  );
  const rows = names.map((head, chain) => ({
    head,
    cells: drawn.map((step) => {
      const i = step * chains + chain;
      const energy = energies?.[i];
      const caption = energy === undefined ? [] : [`E ${shortNumber(energy)}`];
      return { raster: imageRaster(values, images, i, range), caption };
    }),
  }));
  return drawFigure({
    title,
    description: `${counted(chains, "chain")} at ${shown} of ${counted(stepCount, "step")}, from ${steps[drawn[0]!]} to ${steps[drawn.at(-1)!]}.`,
    facts: factsOf(options),
    legend: [],
    rows: [[imagePanel({ columns: drawn.map((step) => `step ${steps[step]}`), rows, scale })]],
  });
}
