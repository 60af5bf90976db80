import { customGrad, type GradSaveFunc, mul, type Tensor } from "@tensorflow/tfjs-core";

/**
 * `value(x)` of each element, with the gradient `dy derivative(x)`. It is computed from the saved input, which unlike a saved
 * output keeps its link to what it came from: a derivative that is differentiable makes those of higher order right.
 */
export function differentiable(x: Tensor, value: (x: Tensor) => Tensor, derivative: (x: Tensor) => Tensor): Tensor {
  return customGrad((input, save) => {
    (save as GradSaveFunc)([input as Tensor]);
    return { value: value(input as Tensor), gradFunc: (dy, [saved]) => mul(dy, derivative(saved!)) };
  })(x);
}
