import { type Key, uniformValues } from "@jem-js/random";
import { type Tensor4D, tensor4d, tidy, tile } from "@tensorflow/tfjs-core";
import { checkImageShape, checkRange } from "./_check.ts";

/** Options of {@linkcode constantImages}. */
export interface ConstantImagesOptions {
  /** Smallest and largest value of a pixel. @default {[-1, 1]} */
  readonly range?: readonly [number, number];
}

/**
 * Makes images of one colour each, every channel of the colour uniform on `range`.
 *
 * Smooth images are where the likelihoods of generative models fail as detectors: many give a constant image a higher
 * density than any image of the training data.
 *
 * @example Usage
 * ```ts
 * import { key } from "@jem-js/random";
 * import { constantImages } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = constantImages(key(0), [1, 4, 4, 1]);
 * expect(new Set(await x.data()).size).toBe(1);
 * x.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1909.11480 | Serrà et al., Input complexity and out-of-distribution detection with likelihood-based generative models}, appendix A
 *
 * @param key The key of the colours.
 * @param shape The shape `[batch, height, width, channels]` of the images.
 * @param options The range of the colours.
 * @returns Images, float32 of shape `shape`, owned by the caller.
 * @throws {TypeError} When `key` is not a key or `shape` is not as described.
 * @throws {RangeError} When `range` is empty.
 */
export function constantImages(
  key: Key,
  shape: readonly [number, number, number, number],
  options: ConstantImagesOptions = {},
): Tensor4D {
  const action = "make constant images";
  const { range = [-1, 1] } = options;
  checkImageShape(action, shape);
  checkRange(action, "range", range);
  const [batch, height, width, channels] = shape;
  const colours = uniformValues(key, batch * channels, { min: range[0], max: range[1] });
  return tidy(() => tile(tensor4d(colours, [batch, 1, 1, channels], "float32"), [1, height, width, 1]));
}
