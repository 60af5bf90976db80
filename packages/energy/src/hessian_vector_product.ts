import { add, div, mul, reshape, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkDirection, displacement } from "./_displacement.ts";
import { gradient } from "./_gradient.ts";
import type { SecondDerivativeMethod } from "./directional_derivative.ts";
import type { Labels } from "./labels.ts";

/** What a Hessian-vector product needs of an energy head: its score, one differentiation from the product. */
export interface ScoreModel {
  /** The gradient of `log p(x)`, or of `log p(x, y)` for labels `y`, with respect to `x: [batch, ...input]`; the shape of `x`. */
  score(x: Tensor, y?: Labels): Tensor;
}

/** Options of {@linkcode hessianVectorProduct}. */
export interface HessianVectorProductOptions {
  /** Takes the Hessian of `log p(x, y)` for these labels, `[batch]`, in place of that of `log p(x)`. @default {undefined} */
  readonly labels?: Labels;
  /** How it is computed. @default {"finite-difference"} */
  readonly method?: SecondDerivativeMethod;
  /**
   * The root mean square of a finite difference's displacement, in units of that of the example or of 1, whichever is
   * larger. Greater than 0. @default {0.001}
   */
  readonly step?: number;
}

/**
 * The product of the Hessian of the log-density with a vector, `H(x) v` with `H = grad^2 log p(x)`, without the Hessian:
 * for the exact gradient through Langevin steps (`u' = u + a H u`), curvature and Newton-like methods.
 *
 * - `"finite-difference"`: `(score(x + hv) - score(x - hv)) / 2h`. The step balances rounding against truncation in float32. It costs
 *   two gradients and needs no second derivative: right for every classifier and backend, with relative errors below 1e-3,
 *   larger along the score where the density is sharp. For piecewise linear networks it sees the kinks that the
 *   displacement crosses.
 * - `"exact"`: the gradient of `v . score(x)`. TensorFlow.js gets it wrong for many operations: ask
 *   `checkSecondDerivatives` first. Kinks count as nothing.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { hessianVectorProduct } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const gaussian = { score: (x: tf.Tensor) => tf.mul(x, -4) }; // the Hessian is -4 I
 * const product = hessianVectorProduct(gaussian, tf.tensor2d([[1, 2]]), tf.tensor2d([[3, -1]]));
 * const [first, second] = await product.data();
 * expect(first).toBeCloseTo(-12, 2);
 * expect(second).toBeCloseTo(4, 2);
 * ```
 *
 * @see {@link https://doi.org/10.1162/neco.1994.6.1.147 | Pearlmutter, Fast exact multiplication by the Hessian}
 *
 * @param head Anything with a score, such as an energy head; each example by itself.
 * @param x The inputs, `[batch, ...input]`, borrowed.
 * @param v The vectors, the shape of `x`, of any length, borrowed. A vector of length 0 gives 0.
 * @param options Labels, the method and its step.
 * @returns The products, the shape of `x`, owned by the caller.
 * @throws {TypeError} When `v` has another shape than `x`, or labels do not fit.
 * @throws {RangeError} When the method or the step is none.
 */
export function hessianVectorProduct(
  head: ScoreModel,
  x: Tensor,
  v: Tensor,
  options: HessianVectorProductOptions = {},
): Tensor {
  const { labels, method = "finite-difference", step = 0.001 } = options;
  checkDirection("compute Hessian-vector product", x, v, { method, step });
  if (method === "exact") {
    // The second term gives a score that is constant in x the derivative 0 in place of an error.
    return gradient((z) => add(sum(mul(head.score(z, labels), v)), sum(mul(z, 0))), x);
  }
  return tidy(() => {
    const { shift, length } = displacement(x, v, step);
    const difference = sub(head.score(add(x, shift), labels), head.score(sub(x, shift), labels));
    return div(difference, reshape(mul(length, 2), [-1, ...new Array<number>(x.rank - 1).fill(1)]));
  });
}
