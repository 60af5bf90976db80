import type { Picture } from "./read_png.ts";

/** Options of {@linkcode convertPicture}. */
export interface ConvertPictureOptions {
  /** 1 for grey, 3 for colour. */
  readonly channels: 1 | 3;
}

/**
 * Makes a picture grey or coloured. Transparency is dropped, as by Pillow's `convert`; grey is
 * `0.299 red + 0.587 green + 0.114 blue`, and the colour of a grey picture its grey.
 *
 * @example Usage
 * ```ts
 * import { convertPicture, type Picture } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const picture: Picture = { dtype: "uint8", shape: [1, 1, 4], data: Uint8Array.of(100, 200, 50, 255) };
 * expect(convertPicture(picture, { channels: 1 }).data).toEqual(Uint8Array.of(153));
 * ```
 *
 * @param picture The picture, `[height, width, channels]`; borrowed.
 * @param options How many channels the result has.
 * @returns The picture, of shape `[height, width, options.channels]`, owned by the caller.
 * @throws {RangeError} When `channels` is neither 1 nor 3.
 */
export function convertPicture(picture: Picture, options: ConvertPictureOptions): Picture {
  const { channels } = options;
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`Cannot convert a picture: channels must be 1 or 3 but found ${String(channels)}`);
  }
  const [height, width, from] = picture.shape;
  const source = picture.data;
  const data = new Uint8Array(height * width * channels);
  const isGrey = from < 3;
  for (let pixel = 0; pixel < height * width; pixel++) {
    const at = pixel * from;
    if (channels === 3) {
      for (let c = 0; c < 3; c++) data[3 * pixel + c] = source[at + (isGrey ? 0 : c)]!;
    } else {
      // 16-bit fixed point, as Pillow rounds.
      data[pixel] = isGrey
        ? source[at]!
        : (19_595 * source[at]! + 38_470 * source[at + 1]! + 7471 * source[at + 2]! + 0x8000) >> 16;
    }
  }
  return { dtype: "uint8", shape: [height, width, channels], data };
}
