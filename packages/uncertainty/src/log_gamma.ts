import type { Tensor } from "@tensorflow/tfjs-core";
import { logGammaValue } from "./_special/approximations.ts";
import { differentiable } from "./_special/differentiable.ts";
import { digamma } from "./digamma.ts";

/**
 * `log Gamma(x)` of each element, with gradients of any order: the first is {@linkcode digamma}. TensorFlow.js has none.
 *
 * In float32 it is right to 1e-6 of its value from 1e-6 to 1e6 and beyond, also near its zeros at 1 and 2.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { logGamma } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const values = await logGamma(tf.tensor1d([1, 5, 0.5])).data();
 * expect(values[0]).toBeCloseTo(0, 6);
 * expect(values[1]).toBeCloseTo(Math.log(24), 6);
 * expect(values[2]).toBeCloseTo(Math.log(Math.PI) / 2, 6);
 * ```
 *
 * @see {@link https://dlmf.nist.gov/5.11 | NIST, Digital library of mathematical functions, §5.11} for the series of large `x`
 *
 * @param x Positive numbers, any shape; borrowed. What comes of others means nothing.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function logGamma<T extends Tensor>(x: T): T {
  return differentiable(x, logGammaValue, digamma) as T;
}
