import { type Key, normalValues } from "@jem-js/random";
import { add, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";

/** Options of {@linkcode addNoise}. */
export interface AddNoiseOptions {
  /** The standard deviation of the noise, at least 0. */
  readonly scale: number;
}

/**
 * Adds Gaussian noise: `x + scale z` with `z` standard normal. The result is not clipped.
 *
 * Noise on the data makes the density that an energy-based model learns smooth enough to sample from. JEM adds 0.03 to
 * images in `[-1, 1]` in training and in evaluation.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { addNoise } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.zeros([4, 8, 8, 1]);
 * const noisy = addNoise(key(0), x, { scale: 0.03 });
 * expect(noisy.shape).toEqual(x.shape);
 * tf.dispose([x, noisy]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one}
 *
 * @param key The key of the noise.
 * @param x A float32 tensor of any shape, borrowed.
 * @param options The size of the noise.
 * @returns A tensor of the shape of `x`, owned by the caller.
 * @throws {TypeError} When `key` is not a key or `x` is not float32.
 * @throws {RangeError} When `scale` is negative or not finite.
 */
export function addNoise<T extends Tensor>(key: Key, x: T, options: AddNoiseOptions): T {
  const { scale } = options;
  if (x.dtype !== "float32") throw new TypeError(`Cannot add noise: x must be float32 but found ${x.dtype}`);
  if (!Number.isFinite(scale) || scale < 0) {
    throw new RangeError(`Cannot add noise: scale must be a finite number of at least 0 but found ${String(scale)}`);
  }
  const noise = normalValues(key, x.size);
  for (let i = 0; i < noise.length; i++) noise[i]! *= scale;
  return tidy(() => add(x, tensor(noise, x.shape, "float32")));
}
