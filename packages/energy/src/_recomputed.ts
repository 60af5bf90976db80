import { customGrad, type GradSaveFunc, mul, type Tensor } from "@tensorflow/tfjs-core";

// TensorFlow.js saves the output of exp, tanh, sigmoid and softmax for their gradients but loses its link to the input,
// so that a derivative of the gradient lacks terms. A saved input keeps its link: every gradient below recomputes from it
// through the functions of this package, which makes derivatives of any order right.

/** `value(x)` for a function of each element apart. */
export function elementwise(x: Tensor, value: (x: Tensor) => Tensor, derivative: (x: Tensor) => Tensor): Tensor {
  return recomputed(x, value, (dy, z) => mul(dy, derivative(z)));
}

/** `value(x)`, with a gradient that is computed from the saved input. */
export function recomputed(
  x: Tensor,
  value: (x: Tensor) => Tensor,
  gradient: (dy: Tensor, x: Tensor) => Tensor,
): Tensor {
  return customGrad((input, save) => {
    (save as GradSaveFunc)([input as Tensor]);
    return { value: value(input as Tensor), gradFunc: (dy, [saved]) => gradient(dy, saved!) };
  })(x);
}
