import { checkChoice, checkCount } from "./_check.ts";
import { checkImages, RESIZE_MODES } from "./_check_images.ts";
import type { Images, ResizeMode } from "./images.ts";

/** What each output coordinate takes of the inputs from `first` on. */
interface Taps {
  readonly first: number;
  readonly weights: number[];
}

/**
 * Resizes images on the host in float64, without rounding values to integers.
 *
 * @example Usage
 * ```ts
 * import { resizeImages } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const images = { data: [0, 1], shape: [1, 1, 2, 1] } as const;
 * expect([...resizeImages(images, [1, 4], "bilinear-tf1").data]).toEqual([0, 0.5, 1, 1]);
 * expect([...resizeImages(images, [1, 4], "bilinear-half-pixel").data]).toEqual([0, 0.25, 0.75, 1]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2104.11222 | Parmar et al., On aliased resizing and surprising subtleties in GAN evaluation}
 *
 * @param images The images, `[count, height, width, channels]`.
 * @param size The new height and width, positive integers.
 * @param mode How to interpolate.
 * @returns Images of the new size, owned by the caller.
 * @throws {TypeError} When the images are none, the mode is unknown, or it is `"none"` and the sizes differ.
 * @throws {RangeError} When a side is not a positive integer.
 */
export function resizeImages(
  images: Images,
  size: readonly [height: number, width: number],
  mode: ResizeMode,
): { data: Float64Array; shape: [number, number, number, number] } {
  const action = "resize images";
  checkImages(action, images);
  checkChoice(action, "mode", mode, RESIZE_MODES);
  const [count, height, width, channels] = images.shape;
  const [newHeight, newWidth] = size;
  checkCount(action, "height", newHeight);
  checkCount(action, "width", newWidth);
  if (mode === "none" && (height !== newHeight || width !== newWidth)) {
    throw new TypeError(
      `Cannot ${action}: size must be [${newHeight}, ${newWidth}] for mode none but found [${height}, ${width}]`,
    );
  }
  const columns = tapsOf(width, newWidth, mode);
  const rows = tapsOf(height, newHeight, mode);
  const wide = along(images.data, columns, [count * height, width, channels]);
  return {
    data: along(wide, rows, [count, height, newWidth * channels]),
    shape: [count, newHeight, newWidth, channels],
  };
}

/** Interpolates along the middle axis. */
function along(
  source: ArrayLike<number>,
  taps: readonly Taps[],
  [outer, size, inner]: readonly [number, number, number],
): Float64Array {
  const result = new Float64Array(outer * taps.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const { first, weights } of taps) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * source[(o * size + first + k) * inner + i]!;
        result[at++] = sum;
      }
    }
  }
  return result;
}

function tapsOf(from: number, to: number, mode: ResizeMode): Taps[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    if (from === to) return { first: i, weights: [1] };
    if (mode === "bicubic-antialias") return cubicTaps((i + 0.5) * scale, from, Math.max(1, scale));
    const at = mode === "bilinear-tf1" ? i * scale : Math.max(0, (i + 0.5) * scale - 0.5);
    const first = Math.min(from - 1, Math.floor(at));
    return first === from - 1 ? { first, weights: [1] } : { first, weights: [1 - (at - first), at - first] };
  });
}

/** Weights as Pillow computes them: pixels whose centres the filter reaches, normalised. */
function cubicTaps(center: number, from: number, scale: number): Taps {
  const first = Math.max(0, Math.floor(center - 2 * scale + 0.5));
  const last = Math.min(from, Math.floor(center + 2 * scale + 0.5));
  const weights = Array.from({ length: last - first }, (_, k) => cubic((first + k + 0.5 - center) / scale));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { first, weights: weights.map((weight) => weight / sum) };
}

function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}
