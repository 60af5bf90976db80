import { Buffer } from "node:buffer";
import { encode } from "fast-png";
import { checkNumbers, format } from "./_check.ts";

/** Pixels with 8 bits a channel, grey or red, green and blue. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** The shape `[n, height, width, channels]` of images, after checking that `values` are finite and as many as it says. */
export function checkImages(
  action: string,
  name: string,
  values: ArrayLike<number>,
  shape: readonly number[],
): [n: number, height: number, width: number, channels: 1 | 3] {
  const sides = Array.isArray(shape) ? shape : [];
  const [n = 0, height = 0, width = 0, channels = 0] = sides;
  const isPositive = sides.every((side) => Number.isInteger(side) && side > 0);
  if (sides.length !== 4 || !isPositive || (channels !== 1 && channels !== 3)) {
    throw new TypeError(
      `Cannot ${action}: shape must be [n, height, width, 1] or [n, height, width, 3] but found ${format(shape)}`,
    );
  }
  checkNumbers(action, name, values);
  checkSize(action, name, values, sides);
  return [n, height, width, channels];
}

/** Throws unless `values` has the elements of `shape`. */
export function checkSize(action: string, name: string, values: ArrayLike<number>, shape: readonly number[]): void {
  const size = shape.reduce((product, side) => product * side, 1);
  if (values.length !== size) {
    throw new TypeError(
      `Cannot ${action}: ${name} must have ${size} elements for shape ${format(shape)} but found ${values.length}`,
    );
  }
}

/** Image `i` of `values`: `round(255 (v - black) / (white - black))`, clipped to 0 and 255. */
export function imageRaster(
  values: ArrayLike<number>,
  [, height, width, channels]: readonly [number, number, number, 1 | 3],
  i: number,
  [black, white]: readonly [number, number],
): Raster {
  const size = height * width * channels;
  const data = Uint8Array.from({ length: size }, (_, j) => toByte((values[i * size + j]! - black) / (white - black)));
  return { width, height, channels, data };
}

/** A fraction as a byte, clipped. */
export function toByte(fraction: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, fraction)));
}

/** A raster as a PNG in a data URI. */
export function dataUri(raster: Raster): string {
  return `data:image/png;base64,${Buffer.from(encode({ ...raster, depth: 8 })).toString("base64")}`;
}
