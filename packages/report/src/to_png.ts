import { Resvg } from "@resvg/resvg-js";
import { checkBetween, checkInteger, checkText } from "./_check.ts";

/** Options of {@linkcode toPng}: a width or a scale, not both. */
export interface ToPngOptions {
  /** The width of the image in pixels, from 1 to 16384. @default {scale times the width of the SVG} */
  readonly width?: number;
  /** Pixels per CSS pixel of the SVG, above 0 and at most 16. @default {2} */
  readonly scale?: number;
}

const ACTION = "render PNG";

/**
 * Renders an SVG as PNG.
 *
 * Text is drawn with the fonts of the system: the same SVG may look slightly different elsewhere, and on a machine without
 * any font has no text. The SVG is the figure; the PNG is a copy for places that take no SVG.
 *
 * @example Usage
 * ```ts
 * import { toPng } from "@jem-js/report";
 * import { decode } from "fast-png";
 * import { expect } from "vitest";
 *
 * const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"><rect width="3" height="2" fill="#f00"/></svg>`;
 * const { width, height, data } = decode(toPng(svg, { scale: 4 }));
 * expect([width, height, ...data.subarray(0, 4)]).toEqual([12, 8, 255, 0, 0, 255]);
 * ```
 *
 * @see {@link https://github.com/thx/resvg-js | resvg-js}
 *
 * @param svg A standalone SVG, with its namespace.
 * @param options The size of the image.
 * @returns The bytes of a PNG, RGBA with 8 bits a channel.
 * @throws {TypeError} When `svg` is not a well-formed SVG, or both `width` and `scale` are given.
 * @throws {RangeError} When `width` or `scale` is out of range.
 */
export function toPng(svg: string, options: ToPngOptions = {}): Uint8Array {
  const { width, scale } = options;
  checkText(ACTION, "svg", svg);
  if (width !== undefined && scale !== undefined) {
    throw new TypeError(`Cannot ${ACTION}: width or scale must be given but found both, ${width} and ${scale}`);
  }
  if (width !== undefined) checkInteger(ACTION, "width", width, 1, 16384);
  if (scale !== undefined) {
    checkBetween(ACTION, "scale", scale, 0, 16);
    if (scale === 0) throw new RangeError(`Cannot ${ACTION}: scale must be greater than 0 but found 0`);
  }
  const fitTo =
    width === undefined ? ({ mode: "zoom", value: scale ?? 2 } as const) : ({ mode: "width", value: width } as const);
  let png: Uint8Array;
  try {
    // resvg knows only the older name of what keeps pixels square.
    const readable = svg.replaceAll('image-rendering="pixelated"', 'image-rendering="optimizeSpeed"');
    png = new Resvg(readable, { fitTo, font: { defaultFontFamily: "DejaVu Sans" } }).render().asPng();
  } catch (error) {
    throw new TypeError(`Cannot ${ACTION}: svg must be a well-formed SVG but found ${String(error)}`, { cause: error });
  }
  return new Uint8Array(png);
}
