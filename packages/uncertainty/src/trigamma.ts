import type { Tensor } from "@tensorflow/tfjs-core";
import { polygamma } from "./_special/polygamma.ts";

/**
 * `psi_1(x)`, the derivative of `psi(x)`, of each element, with gradients of any order.
 *
 * In float32 it is right to 1e-6 of its value from 1e-6 to 1e6 and beyond.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { trigamma } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * expect((await trigamma(tf.scalar(1)).data())[0]).toBeCloseTo(Math.PI ** 2 / 6, 6);
 * ```
 *
 * @see {@link https://dlmf.nist.gov/5.15 | NIST, Digital library of mathematical functions, §5.15}
 *
 * @param x Positive numbers, any shape; borrowed. What comes of others means nothing.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function trigamma<T extends Tensor>(x: T): T {
  return polygamma(1, x) as T;
}
