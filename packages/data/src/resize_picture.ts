import { checkInteger } from "./_check.ts";
import type { Picture } from "./read_png.ts";

/** Options of {@linkcode resizePicture}. */
export interface ResizePictureOptions {
  /** Height and width of the result, or the side of a square. */
  readonly size: number | readonly [height: number, width: number];
  /** Whether what is too long is cut off at both ends (`"cover"`) or the picture is distorted (`"stretch"`). @default {"cover"} */
  readonly fit?: "cover" | "stretch";
}

/**
 * Resizes a picture, smoothly: bilinear, and averaged over the pixels that become one where it shrinks.
 *
 * These are the values of Pillow's `Image.resize` with `BILINEAR`: the weights are a triangle as wide as two pixels of the result,
 * first along rows, then along columns, each rounded to bytes. `"cover"` takes the largest middle part that has the proportions of the result.
 *
 * @example Usage
 * ```ts
 * import { type Picture, resizePicture } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const picture: Picture = { dtype: "uint8", shape: [2, 4, 1], data: Uint8Array.of(0, 10, 20, 30, 0, 10, 20, 30) };
 * expect(resizePicture(picture, { size: 1 }).data).toEqual(Uint8Array.of(15)); // the middle 2 x 2
 * ```
 *
 * @param picture The picture, `[height, width, channels]`; borrowed.
 * @param options The size and the way to it.
 * @returns A picture of that size and as many channels, owned by the caller.
 * @throws {TypeError} When `fit` is another value or the data of `picture` does not have its shape.
 * @throws {RangeError} When a side is not an integer from 1 to 65,535.
 */
export function resizePicture(picture: Picture, options: ResizePictureOptions): Picture {
  const action = "resize a picture";
  const { size, fit = "cover" } = options;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  for (const side of [height, width]) checkInteger(action, "size", side, 1, 65_535);
  if (fit !== "cover" && fit !== "stretch") {
    throw new TypeError(`Cannot ${action}: fit must be "cover" or "stretch" but found ${String(fit)}`);
  }
  const [rows, columns, channels] = picture.shape;
  if (picture.data.length !== rows * columns * channels) {
    throw new TypeError(
      `Cannot ${action}: expected ${rows * columns * channels} values of [${picture.shape.join(", ")}] but found ${picture.data.length}`,
    );
  }
  const scale = Math.min(columns / width, rows / height);
  const [down, across] = fit === "cover" ? [scale, scale] : [rows / height, columns / width];
  const wide = resample(picture.data, [rows, columns, channels], (columns - across * width) / 2, across, width);
  const data = resample(wide, [1, rows, width * channels], (rows - down * height) / 2, down, height);
  return { dtype: "uint8", shape: [height, width, channels], data };
}

/** Resamples the middle axis of `[outer, length, inner]` to `count` places of `scale` from `start` on. */
function resample(
  data: Uint8Array,
  [outer, length, inner]: readonly [number, number, number],
  start: number,
  scale: number,
  count: number,
): Uint8Array {
  if (scale === 1 && start === 0) return data.slice();
  const result = new Uint8Array(outer * count * inner);
  const support = Math.max(1, scale);
  for (let to = 0; to < count; to++) {
    const center = start + (to + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - support + 0.5));
    const end = Math.min(length, Math.floor(center + support + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, i) =>
      Math.max(0, 1 - Math.abs((first + i - center + 0.5) / support)),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        let from = (o * length + first) * inner + i;
        for (let k = 0; k < weights.length; k++, from += inner) sum += weights[k]! * data[from]!;
        result[(o * count + to) * inner + i] = Math.floor(sum / total + 0.5);
      }
    }
  }
  return result;
}
