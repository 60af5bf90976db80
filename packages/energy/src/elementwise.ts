import {
  customGrad,
  type GradSaveFunc,
  getBackend,
  getKernel,
  greater,
  mul,
  relu,
  sub,
  type Tensor,
  elu as tfElu,
  exp as tfExp,
  leakyRelu as tfLeakyRelu,
  sigmoid as tfSigmoid,
  softplus as tfSoftplus,
  tanh as tfTanh,
  tidy,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { elementwise, recomputed } from "./_recomputed.ts";

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
  return elementwise(x, tfExp, exp);
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
  return elementwise(x, tfSigmoid, (z) => {
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
  return elementwise(x, tfTanh, (z) => {
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
  return elementwise(x, tfSoftplus, sigmoid);
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
  return elementwise(x, tfElu, (z) => exp(sub(z, relu(z))));
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
  // Where the backend has a gradient of one pass, as `@jem-js/native` does, that one is right at any order.
  if (alpha >= 0 && getKernel("LeakyReluGrad", getBackend()) != null) return tfLeakyRelu(x, alpha);
  return recomputed(
    x,
    (z) => tfLeakyRelu(z, alpha),
    (dy, z) => sloped(dy, z, alpha),
  );
}

/** `dy` where `x` is above 0 and `alpha dy` elsewhere: linear in `dy`, constant in `x`. */
function sloped(dy: Tensor, x: Tensor, alpha: number): Tensor {
  return customGrad((slope, at, save) => {
    (save as GradSaveFunc)([at as Tensor]);
    return {
      value: where(greater(at as Tensor, 0), slope as Tensor, mul(slope as Tensor, alpha)),
      gradFunc: (ddy, [saved]) => [sloped(ddy, saved!, alpha), zerosLike(saved!)],
    };
  })(dy, x);
}
