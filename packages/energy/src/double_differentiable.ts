import {
  add,
  customGrad,
  expandDims,
  type GradSaveFunc,
  mul,
  relu,
  sub,
  sum,
  type Tensor,
  elu as tfElu,
  exp as tfExp,
  logSoftmax as tfLogSoftmax,
  logSumExp as tfLogSumExp,
  sigmoid as tfSigmoid,
  softmax as tfSoftmax,
  softplus as tfSoftplus,
  tanh as tfTanh,
  tidy,
} from "@tensorflow/tfjs-core";

// TensorFlow.js saves the output of exp, tanh, sigmoid and softmax for their gradients but loses its link to the input,
// so that a derivative of the gradient lacks terms. A saved input keeps its link: every gradient below recomputes from it
// through the functions of this file, which makes derivatives of any order right.

/**
 * `e^x`, in place of `tf.exp`, whose second derivative is wrong.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { exp } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const second = tf.grad((x) => tf.grad((z) => exp(z).mul(z))(x));
 * expect((await second(tf.scalar(1)).data())[0]).toBeCloseTo(3 * Math.E, 4); // (x e^x)'' = (2 + x) e^x
 * ```
 *
 * @param x A tensor of any shape.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function exp(x: Tensor): Tensor {
  return pointwise(x, tfExp, exp);
}

/**
 * `1 / (1 + e^-x)`, in place of `tf.sigmoid`, whose second derivative is wrong.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { sigmoid } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * expect((await sigmoid(tf.scalar(0)).data())[0]).toBeCloseTo(0.5, 6);
 * ```
 *
 * @param x A tensor of any shape.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function sigmoid(x: Tensor): Tensor {
  return pointwise(x, tfSigmoid, (z) => {
    const s = sigmoid(z);
    return mul(s, sub(1, s));
  });
}

/**
 * The hyperbolic tangent, in place of `tf.tanh`, whose second derivative is wrong.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { tanh } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * expect((await tanh(tf.scalar(1)).data())[0]).toBeCloseTo(Math.tanh(1), 5);
 * ```
 *
 * @param x A tensor of any shape.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function tanh(x: Tensor): Tensor {
  return pointwise(x, tfTanh, (z) => {
    const t = tanh(z);
    return sub(1, mul(t, t));
  });
}

/**
 * `log(1 + e^x)`, a smooth `relu`. Unlike that of `tf.softplus`, its third derivative is right too.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { softplus } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * expect((await softplus(tf.scalar(0)).data())[0]).toBeCloseTo(Math.log(2), 5);
 * ```
 *
 * @param x A tensor of any shape.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function softplus(x: Tensor): Tensor {
  return pointwise(x, tfSoftplus, sigmoid);
}

/**
 * `x sigmoid(x)`, also called SiLU: the smooth activation for networks whose second derivatives are needed.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { swish } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * expect((await swish(tf.scalar(0)).data())[0]).toBe(0);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1710.05941 | Ramachandran et al., Searching for activation functions}
 *
 * @param x A tensor of any shape.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function swish(x: Tensor): Tensor {
  return tidy(() => mul(x, sigmoid(x)));
}

/**
 * `x` above 0 and `e^x - 1` below, in place of `tf.elu`, whose second derivative throws. At 0, where the second derivative
 * jumps, it is that of the left side.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { elu } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * expect((await elu(tf.scalar(-1)).data())[0]).toBeCloseTo(Math.exp(-1) - 1, 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1511.07289 | Clevert et al., Fast and accurate deep network learning by exponential linear units}
 *
 * @param x A tensor of any shape.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function elu(x: Tensor): Tensor {
  return pointwise(x, tfElu, (z) => exp(sub(z, relu(z))));
}

/**
 * `x` above 0 and `alpha x` elsewhere, in place of `tf.leakyRelu`, whose second derivative throws on most backends. At 0 the derivative is
 * `alpha`, as there.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { leakyRelu } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * expect((await leakyRelu(tf.scalar(-2)).data())[0]).toBeCloseTo(-0.4, 6);
 * ```
 *
 * @param x A tensor of any shape.
 * @param alpha The slope below 0.
 * @returns A tensor of the shape of `x`, owned by the caller.
 */
export function leakyRelu(x: Tensor, alpha: number = 0.2): Tensor {
  return tidy(() => add(mul(x, alpha), mul(relu(x), 1 - alpha)));
}

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

/** `value(x)` for a function of each element apart. */
function pointwise(x: Tensor, value: (x: Tensor) => Tensor, derivative: (x: Tensor) => Tensor): Tensor {
  return recomputed(x, value, (dy, z) => mul(dy, derivative(z)));
}

/** `value(x)`, with a gradient that is computed from the saved input. */
function recomputed(x: Tensor, value: (x: Tensor) => Tensor, gradient: (dy: Tensor, x: Tensor) => Tensor): Tensor {
  return customGrad((input, save) => {
    (save as GradSaveFunc)([input as Tensor]);
    return { value: value(input as Tensor), gradFunc: (dy, [saved]) => gradient(dy, saved!) };
  })(x);
}
