import { type Key, uniformValues } from "@jem-js/random";
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { checkBetween, checkImages } from "./_check.ts";
import { pickPixels } from "./_pixels.ts";

/** Options of {@linkcode randomFlip}. */
export interface RandomFlipOptions {
  /** The probability that an image is flipped, from 0 to 1. @default {0.5} */
  readonly probability?: number;
}

/**
 * Flips images from left to right, each with a probability. Not for digits and letters, whose mirror images are others.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { randomFlip } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
 * const flipped = randomFlip(key(0), x, { probability: 1 });
 * expect([...(await flipped.data())]).toEqual([3, 2, 1]);
 * tf.dispose([x, flipped]);
 * ```
 *
 * @param key The key of the choices.
 * @param x Images, float32 `[batch, height, width, channels]`, borrowed.
 * @param options How often to flip.
 * @returns Images of the shape of `x`, owned by the caller.
 * @throws {TypeError} When `key` is not a key or `x` is not a batch of images.
 * @throws {RangeError} When `probability` is outside `[0, 1]`.
 */
export function randomFlip(key: Key, x: Tensor4D, options: RandomFlipOptions = {}): Tensor4D {
  const { probability = 0.5 } = options;
  checkImages("flip images", x);
  checkBetween("flip images", "probability", probability, 0, 1);
  const [batch, height, width] = x.shape;
  const chances = uniformValues(key, batch);
  const indices = Int32Array.from({ length: batch * height * width }, (_, i) => {
    const column = i % width;
    return chances[Math.floor(i / (height * width))]! < probability ? i - column + (width - 1 - column) : i;
  });
  return pickPixels(x, indices);
}
