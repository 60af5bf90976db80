import { add, matMul, reshape, slice, type Tensor, type Tensor2D, tanh, tensor1d } from "@tensorflow/tfjs-core";

/**
 * The classifier of a network 2-4-3 with tanh units as a function of its 27 weights, for gradients with respect to weights
 * that need no variables. `activation` takes the place of `tf.tanh`.
 */
export function smallNetwork(weights: Tensor, activation: (x: Tensor) => Tensor = tanh): (x: Tensor) => Tensor2D {
  const part = (from: number, shape: [number, number]): Tensor2D =>
    reshape(slice(weights, [from], [shape[0] * shape[1]]), shape);
  return (x) => {
    const hidden = activation(add(matMul(x as Tensor2D, part(0, [2, 4])), part(8, [1, 4])));
    return add(matMul(hidden as Tensor2D, part(12, [4, 3])), part(24, [1, 3]));
  };
}

/** Weights of {@linkcode smallNetwork}, from -1 to 1; a new tensor. */
export function smallWeights(): Tensor {
  return tensor1d(Array.from({ length: 27 }, (_, i) => Math.sin(7 * i + 1)));
}
