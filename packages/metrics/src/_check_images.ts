import { describe, isArrayLike } from "./_check.ts";
import type { Images, ResizeMode } from "./images.ts";

/** The ways to resize. */
export const RESIZE_MODES: readonly ResizeMode[] = ["none", "bilinear-tf1", "bilinear-half-pixel", "bicubic-antialias"];

/** Throws unless `images` are `[count, height, width, channels]` with as many values. */
export function checkImages(action: string, images: Images): void {
  const { data, shape } = images ?? {};
  if (!isArrayLike(data) || !isArrayLike(shape)) {
    throw new TypeError(`Cannot ${action}: images must be { data, shape } but found ${describe(images)}`);
  }
  const size = Array.from(shape).reduce((product, side) => product * side, 1);
  if (shape.length !== 4 || !shape.every((side) => Number.isInteger(side) && side > 0) || size !== data.length) {
    throw new TypeError(
      `Cannot ${action}: images must be [count, height, width, channels] but found [${Array.from(shape).join(", ")}] and ${data.length} values`,
    );
  }
}
