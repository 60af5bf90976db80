import { directionalDerivative } from "@jem-js/energy";
import { add, div, grad, type Scalar, sub, sum, type Tensor, type Tensor1D, valueAndGrad } from "@tensorflow/tfjs-core";
import { detach } from "./_detach.ts";
import { unrecorded } from "./_unrecorded.ts";
import type { DensityModel } from "./model.ts";
import type { SecondDerivativeOptions } from "./second_derivative_options.ts";

// All of these are to be called within `tidy`.

/** The score `grad_x log p(x)` as a constant of the gradients around it, the shape of `x`. */
export function constantScore(model: DensityModel, x: Tensor): Tensor {
  return unrecorded(() => grad((input) => sum(model.logDensity(input)))(x));
}

/**
 * `loss(s)` of the score `s` at `x`, differentiable with respect to the variables of the model.
 *
 * Its gradient is `c . ds/dtheta` with `c = dloss/ds`, which is that of the derivative of `log p` along the constant
 * `c`: the score itself is never differentiated.
 */
export function lossOfScore(
  model: DensityModel,
  x: Tensor,
  loss: (score: Tensor) => Scalar,
  options: SecondDerivativeOptions,
): Scalar {
  const { value, grad: cotangent } = valueAndGrad(loss)(constantScore(model, x));
  return withGradientOf(detach(value), sum(derivativeAlong(1, model, x, detach(cotangent), options)));
}

/**
 * `v . score(x)` of each example (order 1) or `v . H(x) v` with the Hessian `H` of `log p` (order 2); differentiable.
 */
export function derivativeAlong(
  order: 1 | 2,
  model: DensityModel,
  x: Tensor,
  v: Tensor,
  options: SecondDerivativeOptions,
): Tensor1D {
  return directionalDerivative((input) => model.logDensity(input), x, v, { ...options, order }) as Tensor1D;
}

/** `value`, with the gradient of `surrogate`. */
export function withGradientOf(value: Scalar, surrogate: Scalar): Scalar {
  return add(value, sub(surrogate, detach(surrogate)));
}

/** The mean over the batch of the sum of `x: [batch, ...input]` over each example. */
export function meanOfSums(x: Tensor): Scalar {
  return div(sum(x), x.shape[0]!);
}
