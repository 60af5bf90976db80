import { type Key, randintValues } from "@jem-js/random";
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { checkImages, checkInteger } from "./_check.ts";
import { pickPixels } from "./_pixels.ts";

/** Options of {@linkcode randomCrop}. */
export interface RandomCropOptions {
  /** How far an image can move in each direction, in pixels, below its height and width. @default {4} */
  readonly padding?: number;
}

/**
 * Pads images with their reflection (`d c b | a b c d | c b a`) and crops them to their size at a random place: each image
 * moves by its own uniform number of pixels from `-padding` to `padding` in each direction.
 *
 * The augmentation of JEM on CIFAR-10 and SVHN, with 4 pixels.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { randomCrop } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
 * const same = randomCrop(key(0), x, { padding: 0 });
 * expect([...(await same.data())]).toEqual([1, 2, 3]);
 * tf.dispose([x, same]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one}
 *
 * @param key The key of the places.
 * @param x Images, float32 `[batch, height, width, channels]`, borrowed.
 * @param options How far to move.
 * @returns Images of the shape of `x`, owned by the caller.
 * @throws {TypeError} When `key` is not a key or `x` is not a batch of images.
 * @throws {RangeError} When `padding` is not an integer below the height and the width.
 */
export function randomCrop(key: Key, x: Tensor4D, options: RandomCropOptions = {}): Tensor4D {
  const { padding = 4 } = options;
  checkImages("crop images", x);
  const [batch, height, width] = x.shape;
  checkInteger("crop images", "padding", padding, 0, Math.min(height, width) - 1);
  const moves = randintValues(key, 2 * batch, { min: -padding, max: padding + 1 });
  const indices = new Int32Array(batch * height * width);
  for (let image = 0, i = 0; image < batch; image++) {
    for (let row = 0; row < height; row++) {
      const from = (image * height + reflect(row + moves[2 * image]!, height)) * width;
      for (let column = 0; column < width; column++) {
        indices[i++] = from + reflect(column + moves[2 * image + 1]!, width);
      }
    }
  }
  return pickPixels(x, indices);
}

/** The pixel that is seen at `place`, less than a side away from the image, in its mirror. */
function reflect(place: number, side: number): number {
  const inside = Math.abs(place);
  return inside < side ? inside : 2 * (side - 1) - inside;
}
