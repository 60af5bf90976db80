import type { Tensor } from "@tensorflow/tfjs-core";
import { digammaValue } from "./_special/approximations.ts";
import { differentiable } from "./_special/differentiable.ts";
import { trigamma } from "./trigamma.ts";

/**
 * `psi(x)`, the derivative of `log Gamma(x)`, of each element, with gradients of any order: the first is {@linkcode trigamma}.
 *
 * In float32 it is right to 1e-6 of its value from 1e-6 to 1e6 and beyond, also near its zero at 1.46.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { digamma } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const values = await digamma(tf.tensor1d([1, 2])).data();
 * expect(values[0]).toBeCloseTo(-0.57721566, 6); // minus Euler's constant
 * expect(values[1]! - values[0]!).toBeCloseTo(1, 6);
 * ```
 *
 * @see {@link https://dlmf.nist.gov/5.11 | NIST, Digital library of mathematical functions, §5.11} for the series of large `x`
 *
 * @param x Positive numbers, any shape; borrowed. What comes of others means nothing.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function digamma<T extends Tensor>(x: T): T {
  return differentiable(x, digammaValue, trigamma) as T;
}
