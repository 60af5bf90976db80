import {
  expandDims,
  mul,
  sub,
  sum,
  type Tensor,
  logSoftmax as tfLogSoftmax,
  logSumExp as tfLogSumExp,
  softmax as tfSoftmax,
} from "@tensorflow/tfjs-core";
import { recomputed } from "./_recomputed.ts";

/**
 * `log sum_i e^(x_i)` over the last axis, in place of `tf.logSumExp`, whose second derivative throws. It stays finite
 * for any finite `x`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { logSumExp } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const result = logSumExp(tf.tensor2d([[1000, 1000]]));
 * expect((await result.data())[0]).toBeCloseTo(1000 + Math.log(2), 3);
 * ```
 *
 * @param x A tensor `[..., n]`.
 * @returns A tensor `[...]`, owned by the caller.
 */
export function logSumExp(x: Tensor): Tensor {
  return recomputed(
    x,
    (z) => tfLogSumExp(z, -1),
    (dy, z) => mul(expandDims(dy, -1), softmax(z)),
  );
}

/**
 * `e^(x_i) / sum_j e^(x_j)` over the last axis, in place of `tf.softmax`, whose second derivative is wrong.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { softmax } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * expect([...(await softmax(tf.tensor1d([2, 2])).data())]).toEqual([0.5, 0.5]);
 * ```
 *
 * @param x A tensor `[..., n]`.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function softmax(x: Tensor): Tensor {
  return recomputed(
    x,
    (z) => tfSoftmax(z),
    (dy, z) => {
      const s = softmax(z);
      return mul(s, sub(dy, sum(mul(dy, s), -1, true)));
    },
  );
}

/**
 * `x_i - logSumExp(x)` over the last axis, in place of `tf.logSoftmax`, whose second derivative is wrong or throws.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { logSoftmax } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * expect((await logSoftmax(tf.tensor1d([2, 2])).data())[0]).toBeCloseTo(-Math.log(2), 5);
 * ```
 *
 * @param x A tensor `[..., n]`.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function logSoftmax(x: Tensor): Tensor {
  return recomputed(
    x,
    (z) => tfLogSoftmax(z),
    (dy, z) => sub(dy, mul(sum(dy, -1, true), softmax(z))),
  );
}
