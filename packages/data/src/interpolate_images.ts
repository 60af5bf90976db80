import { type Key, permutationValues } from "@jem-js/random";
import { add, gather, mul, type Tensor4D, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { checkBetween, checkImages } from "./_check.ts";

/** Options of {@linkcode interpolateImages}. */
export interface InterpolateImagesOptions {
  /** The weight of the other image, from 0 to 1. @default {0.5} */
  readonly weight?: number;
}

/**
 * Mixes each image with another one of the batch: `(1 - weight) x[i] + weight x[next(i)]`.
 *
 * `next` goes once around the batch in a random order, so that no image meets itself and each is used twice. Averages of
 * two test images are the "interp" set of the JEM paper: they have the colours and edges of the data, and no class.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { interpolateImages } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor4d([-1, 1], [2, 1, 1, 1]);
 * const mixed = interpolateImages(key(0), x);
 * expect([...(await mixed.data())]).toEqual([0, 0]);
 * tf.dispose([x, mixed]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one}, section 5.3
 *
 * @param key The key of the pairs.
 * @param x Images, float32 `[batch, height, width, channels]` with at least 2 of them, borrowed.
 * @param options The weight.
 * @returns As many images, of the shape of `x`, owned by the caller.
 * @throws {TypeError} When `key` is not a key or `x` is not a batch of images.
 * @throws {RangeError} When there is one image only, or `weight` is outside `[0, 1]`.
 */
export function interpolateImages(key: Key, x: Tensor4D, options: InterpolateImagesOptions = {}): Tensor4D {
  const action = "interpolate images";
  const { weight = 0.5 } = options;
  checkImages(action, x);
  checkBetween(action, "weight", weight, 0, 1);
  const batch = x.shape[0];
  if (batch < 2) throw new RangeError(`Cannot ${action}: x must have at least 2 images but found ${batch}`);
  const order = permutationValues(key, batch);
  const next = new Int32Array(batch);
  for (let i = 0; i < batch; i++) next[order[i]!] = order[(i + 1) % batch]!;
  return tidy(() => add(mul(x, 1 - weight), mul(gather(x, tensor1d(next, "int32")), weight)));
}
