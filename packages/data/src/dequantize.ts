import { type Key, uniformValues } from "@jem-js/random";
import { add, floor, mul, sub, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { checkInteger, checkRange } from "./_check.ts";

/** Options of {@linkcode dequantize}. */
export interface DequantizeOptions {
  /** How many values a pixel can have, an integer of at least 2. @default {256} */
  readonly levels?: number;
  /** What the smallest and the largest of them are. @default {[-1, 1]} */
  readonly range?: readonly [number, number];
}

/**
 * Spreads each quantised value evenly over its share of the range: level `v = round((levels - 1) (x - a) / (b - a))` becomes
 * `a + (b - a) (v + u) / levels` with `u` uniform on `[0, 1)`.
 *
 * A density of bytes has no bound when it is modelled as continuous; that of the spread values has, and
 * `-log p + log(levels / (b - a))` a value is then an upper bound of the nats of the bytes.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { dequantize } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor1d([-1, 1]);
 * const spread = dequantize(key(0), x);
 * const [low, high] = await spread.data();
 * expect(low).toBeLessThan(-1 + 2 / 256);
 * expect(high).toBeGreaterThan(1 - 2 / 256);
 * tf.dispose([x, spread]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1511.01844 | Theis et al., A note on the evaluation of generative models}, section 3.1
 *
 * @param key The key of the noise.
 * @param x Quantised values, float32 of any shape, borrowed.
 * @param options What the values can be.
 * @returns A tensor of the shape of `x` with values in `range`, owned by the caller.
 * @throws {TypeError} When `key` is not a key or `x` is not float32.
 * @throws {RangeError} When `levels` is not an integer of at least 2 or `range` is empty.
 */
export function dequantize<T extends Tensor>(key: Key, x: T, options: DequantizeOptions = {}): T {
  const { levels = 256, range = [-1, 1] } = options;
  if (x.dtype !== "float32") throw new TypeError(`Cannot dequantize: x must be float32 but found ${x.dtype}`);
  checkInteger("dequantize", "levels", levels, 2);
  checkRange("dequantize", "range", range);
  const [min, max] = range;
  const noise = uniformValues(key, x.size);
  return tidy(() => {
    const level = floor(add(mul(sub(x, min), (levels - 1) / (max - min)), 0.5));
    return add(mul(add(level, tensor(noise, x.shape, "float32")), (max - min) / levels), min);
  });
}
