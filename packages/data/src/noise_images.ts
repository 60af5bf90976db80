import { type Key, normalValues, uniformValues } from "@jem-js/random";
import { type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";
import { checkImageShape, checkPositive, checkRange } from "./_check.ts";

/** Options of {@linkcode noiseImages}. */
export interface NoiseImagesOptions {
  /** The distribution of each value: `"uniform"` on `range`, or `"gaussian"` about its middle, clipped to it. @default {"uniform"} */
  readonly distribution?: "uniform" | "gaussian";
  /** The standard deviation of Gaussian noise before it is clipped, greater than 0, in the unit of `range`. @default {1} */
  readonly scale?: number;
  /** Smallest and largest value of a pixel. @default {[-1, 1]} */
  readonly range?: readonly [number, number];
}

/**
 * Makes images of independent noise: the plainest out-of-distribution set.
 *
 * Each value is `u` uniform on `range = [a, b]`, or `min(b, max(a, (a + b) / 2 + scale z))` with `z` standard normal.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { noiseImages } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = noiseImages(key(0), [8, 28, 28, 1], { distribution: "gaussian" });
 * expect(x.shape).toEqual([8, 28, 28, 1]);
 * expect(Math.max(...(await x.data()))).toBe(1);
 * x.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.02690 | Liang et al., Enhancing the reliability of out-of-distribution image detection in neural networks}, section 4.2
 *
 * @param key The key of the noise.
 * @param shape The shape `[batch, height, width, channels]` of the images.
 * @param options The distribution.
 * @returns Images, float32 of shape `shape`, owned by the caller.
 * @throws {TypeError} When `key` is not a key, or `shape` or `distribution` is not as described.
 * @throws {RangeError} When `scale` is not positive or `range` is empty.
 */
export function noiseImages(
  key: Key,
  shape: readonly [number, number, number, number],
  options: NoiseImagesOptions = {},
): Tensor4D {
  const action = "make images of noise";
  const { distribution = "uniform", scale = 1, range = [-1, 1] } = options;
  checkImageShape(action, shape);
  checkPositive(action, "scale", scale);
  checkRange(action, "range", range);
  const [min, max] = range;
  const size = shape[0] * shape[1] * shape[2] * shape[3];
  switch (distribution) {
    case "uniform":
      return tensor4d(uniformValues(key, size, { min, max }), [...shape], "float32");
    case "gaussian": {
      const values = normalValues(key, size);
      const middle = (min + max) / 2;
      for (let i = 0; i < size; i++) values[i] = Math.min(max, Math.max(min, middle + scale * values[i]!));
      return tensor4d(values, [...shape], "float32");
    }
    default:
      throw new TypeError(
        `Cannot ${action}: distribution must be "uniform" or "gaussian" but found ${String(distribution)}`,
      );
  }
}
