import { encode } from "fast-png";
import { checkInteger, checkPair } from "./_check.ts";
import { checkImages, toByte } from "./_raster.ts";

/** Options of {@linkcode sampleGrid}. */
export interface SampleGridOptions {
  /** How many rows of images. @default {as many as all images need} */
  readonly rows?: number;
  /** How many images stand in a row. @default {as many as fill the rows, or else the square root of the number of images, rounded up} */
  readonly columns?: number;
  /** The values of black and white (of a channel at 0 and 255), the lower first; what lies beyond is clipped. @default {[-1, 1]} */
  readonly range?: readonly [black: number, white: number];
  /** The side of the square of pixels that shows one pixel of an image, from 1 to 64. @default {1} */
  readonly scale?: number;
  /** The width of the white lines between and around the images in pixels, from 0 to 256. @default {2} */
  readonly padding?: number;
}

const ACTION = "draw sample grid";
const LARGEST_SIDE = 32767;

/**
 * Draws images as a grid in one PNG, row by row, grey or in colour. A value `v` becomes
 * `round(255 (v - black) / (white - black))`, clipped to 0 and 255; nothing is smoothed.
 *
 * @example Usage
 * ```ts
 * import { sampleGrid } from "@jem-js/report";
 * import { decode } from "fast-png";
 * import { expect } from "vitest";
 *
 * const values = Float32Array.of(-1, 0, 1, 0.5); // two images of 1 by 2 pixels
 * const png = sampleGrid(values, [2, 1, 2, 1], { columns: 1, padding: 0 });
 * expect([...decode(png).data]).toEqual([0, 128, 255, 191]);
 * ```
 *
 * @param values The values of the images, `[n, height, width, channels]` in row-major order, such as `await x.data()`.
 * @param shape The shape `[n, height, width, channels]`, with 1 channel (grey) or 3 (red, green, blue).
 * @param options Rows and columns, range, scale and padding. With fewer places than images the first are drawn; places
 * left over in the last row stay white.
 * @returns The bytes of a PNG with 8 bits a channel, grey or RGB.
 * @throws {TypeError} When `shape` is of another kind, or `values` has another number of elements.
 * @throws {RangeError} When a value is not finite, an option is out of range, `rows` times `columns` is more than there
 * are images, or the grid is wider or higher than 32767 pixels.
 */
export function sampleGrid(
  values: ArrayLike<number>,
  shape: readonly number[],
  options: SampleGridOptions = {},
): Uint8Array {
  const [n, height, width, channels] = checkImages(ACTION, "values", values, shape);
  const { range = [-1, 1], scale = 1, padding = 2 } = options;
  checkPair(ACTION, "range", "[black, white]", range);
  const [black, white] = range;
  checkInteger(ACTION, "scale", scale, 1, 64);
  checkInteger(ACTION, "padding", padding, 0, 256);
  const { rows, columns } = layOut(n, options);

  const side = (cells: number, pixels: number): number => cells * (pixels * scale + padding) + padding;
  const [gridWidth, gridHeight] = [side(columns, width), side(rows, height)];
  if (Math.max(gridWidth, gridHeight) > LARGEST_SIDE) {
    throw new RangeError(
      `Cannot ${ACTION}: the grid must be at most ${LARGEST_SIDE} pixels wide and high but found ${gridWidth} by ${gridHeight}`,
    );
  }
  const data = new Uint8Array(gridWidth * gridHeight * channels).fill(255);
  for (let i = 0; i < Math.min(n, rows * columns); i++) {
    const left = padding + (i % columns) * (width * scale + padding);
    const top = padding + Math.floor(i / columns) * (height * scale + padding);
    for (let y = 0; y < height * scale; y++) {
      const line = (i * height + Math.floor(y / scale)) * width;
      for (let x = 0; x < width * scale; x++) {
        const from = (line + Math.floor(x / scale)) * channels;
        const to = ((top + y) * gridWidth + left + x) * channels;
        for (let c = 0; c < channels; c++) data[to + c] = toByte((values[from + c]! - black) / (white - black));
      }
    }
  }
  return encode({ width: gridWidth, height: gridHeight, data, channels, depth: 8 });
}

function layOut(n: number, options: SampleGridOptions): { rows: number; columns: number } {
  if (options.rows !== undefined) checkInteger(ACTION, "rows", options.rows, 1, n);
  const { columns = options.rows === undefined ? Math.ceil(Math.sqrt(n)) : Math.floor(n / options.rows) } = options;
  checkInteger(ACTION, "columns", columns, 1, n);
  const { rows = Math.ceil(n / columns) } = options;
  if (options.rows !== undefined && rows * columns > n) {
    throw new RangeError(
      `Cannot ${ACTION}: rows times columns must be at most the number of images, ${n}, but found ${rows} by ${columns}`,
    );
  }
  return { rows, columns };
}
