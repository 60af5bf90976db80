import { checkBytes, checkInteger } from "./_check.ts";
import { inflate, joinBytes } from "./_inflate.ts";
import type { DecompressOptions } from "./gunzip.ts";

/** A picture: bytes, flat in the order row, column, channel. */
export interface Picture {
  /** The element type, as in an `IdxArray`. */
  readonly dtype: "uint8";
  /** 1 channel of grey, 2 of grey and alpha, 3 of colour or 4 of colour and alpha. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** The values from 0 to 255. */
  readonly data: Uint8Array;
}

const ACTION = "read PNG";
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Reads a PNG file of 1, 2, 4, 8 or 16 bits a value, not interlaced. Palettes become colours; fewer bits than 8 are spread over
 * 0 to 255, and of 16 bits the upper 8 are kept. Colour profiles, gamma and the transparency of palettes are not applied.
 *
 * @example Usage
 * ```ts
 * import { readPng } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const base64 = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg+A8AAQIBAEK+vGgAAAAASUVORK5CYII=";
 * const { shape, data } = await readPng(Buffer.from(base64, "base64"));
 * expect(shape).toEqual([1, 2, 1]);
 * expect(data).toEqual(Uint8Array.of(0, 255));
 * ```
 *
 * @see {@link https://www.w3.org/TR/png-3/ | W3C, Portable Network Graphics specification}
 *
 * @param bytes The whole file; borrowed.
 * @param options How large the picture may be; looked at before it is decompressed.
 * @returns The picture, of shape `[height, width, channels]`, owned by the caller.
 * @throws {TypeError} When `bytes` is not a Uint8Array, not a PNG file, or interlaced.
 * @throws {RangeError} When the file is damaged or the picture has more than `maxBytes` bytes.
 */
export async function readPng(bytes: Uint8Array, options: DecompressOptions = {}): Promise<Picture> {
  const { maxBytes = 2 ** 31 } = options;
  checkBytes(ACTION, bytes);
  checkInteger(ACTION, "maxBytes", maxBytes, 1);
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new TypeError(`Cannot ${ACTION}: expected a PNG file but found ${bytes.length} bytes of another`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let header: DataView | undefined;
  let palette: Uint8Array | undefined;
  for (let at = 8, type = ""; type !== "IEND"; ) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : 0;
    if (at + 12 + length > bytes.length) {
      throw new RangeError(
        `Cannot ${ACTION}: expected ${at + 12 + length} bytes but found ${bytes.length} (truncated)`,
      );
    }
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (header === undefined && (type !== "IHDR" || length !== 13)) {
      throw new RangeError(
        `Cannot ${ACTION}: expected a header of 13 bytes first but found ${JSON.stringify(type)} of ${length}`,
      );
    }
    if (type === "IHDR") header ??= new DataView(data.buffer, data.byteOffset, length);
    if (type === "PLTE") palette = data;
    if (type === "IDAT") parts.push(data);
    at += 12 + length;
  }
  const [width, height, depth, colour, interlace] = [
    header!.getUint32(0),
    header!.getUint32(4),
    header!.getUint8(8),
    header!.getUint8(9),
    header!.getUint8(12),
  ];
  const samples = CHANNELS[colour];
  const depths = colour === 0 ? [1, 2, 4, 8, 16] : colour === 3 ? [1, 2, 4, 8] : [8, 16];
  if (samples === undefined || !depths.includes(depth) || width === 0 || height === 0) {
    throw new RangeError(
      `Cannot ${ACTION}: expected a picture but found ${width} x ${height} of type ${colour}, ${depth} bits`,
    );
  }
  if (interlace !== 0) throw new TypeError(`Cannot ${ACTION}: expected no interlacing but found method ${interlace}`);
  if (colour === 3 && palette === undefined)
    throw new RangeError(`Cannot ${ACTION}: expected a palette but found none`);
  const stride = Math.ceil((width * samples * depth) / 8);
  const channels = colour === 3 ? 3 : samples;
  const needed = Math.max((stride + 1) * height, width * height * channels);
  if (needed > maxBytes)
    throw new RangeError(`Cannot ${ACTION}: expected at most ${maxBytes} bytes but found ${width} x ${height}`);
  const lines = await inflate(ACTION, joinBytes(parts), "deflate", (stride + 1) * height);
  if (lines.length !== (stride + 1) * height) {
    throw new RangeError(
      `Cannot ${ACTION}: expected ${(stride + 1) * height} decompressed bytes but found ${lines.length}`,
    );
  }
  unfilter(lines, stride, height, Math.max(1, (samples * depth) / 8));
  const data = new Uint8Array(width * height * channels);
  const perByte = 8 / depth;
  const largest = 2 ** depth - 1;
  for (let row = 0, to = 0; row < height; row++) {
    const start = row * (stride + 1) + 1;
    for (let i = 0; i < width * samples; i++) {
      const byte = lines[start + Math.floor((i * depth) / 8)]!;
      const value = depth >= 8 ? byte : (byte >> (8 - depth * ((i % perByte) + 1))) & largest;
      if (colour !== 3) {
        data[to++] = depth >= 8 ? value : (value * 255) / largest;
      } else {
        if (3 * value + 3 > palette!.length) {
          throw new RangeError(
            `Cannot ${ACTION}: expected a palette of more than ${value} colours but found ${palette!.length / 3}`,
          );
        }
        for (let channel = 0; channel < 3; channel++) data[to++] = palette![3 * value + channel]!;
      }
    }
  }
  return { dtype: "uint8", shape: [height, width, channels], data };
}

/** Undoes the filter of each line, in place: differences from the left, above, their mean, or what Paeth predicts of them. */
function unfilter(lines: Uint8Array, stride: number, height: number, width: number): void {
  for (let row = 0; row < height; row++) {
    const start = row * (stride + 1) + 1;
    const filter = lines[start - 1]!;
    if (filter > 4)
      throw new RangeError(`Cannot ${ACTION}: filters must be from 0 to 4 but found ${filter} in row ${row}`);
    for (let i = 0; filter !== 0 && i < stride; i++) {
      const left = i < width ? 0 : lines[start + i - width]!;
      const above = row === 0 ? 0 : lines[start + i - stride - 1]!;
      const corner = row === 0 || i < width ? 0 : lines[start + i - stride - 1 - width]!;
      lines[start + i]! +=
        filter === 1 ? left : filter === 2 ? above : filter === 3 ? (left + above) >> 1 : paeth(left, above, corner);
    }
  }
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const toLeft = Math.abs(estimate - left);
  const toAbove = Math.abs(estimate - above);
  const toCorner = Math.abs(estimate - corner);
  return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
}
