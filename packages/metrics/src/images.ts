/** A batch of images in channels-last order, borrowed. */
export interface Images {
  /** The values, row-major. */
  readonly data: ArrayLike<number>;
  /** The number of images, their height, width and channels. */
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
}

/**
 * How to resize: `"none"` refuses another size; `"bilinear-tf1"` samples at `i * in / out` (what the graph of the original
 * FID does); `"bilinear-half-pixel"` at `(i + 1/2) in / out - 1/2`, without antialiasing (pytorch-fid); `"bicubic-antialias"`
 * filters with Keys' cubic, a = -1/2, widened when it shrinks, in float (clean-fid). They give different distances.
 */
export type ResizeMode = "none" | "bilinear-tf1" | "bilinear-half-pixel" | "bicubic-antialias";
