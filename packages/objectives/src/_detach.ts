import { engine, type Tensor } from "@tensorflow/tfjs-core";

/**
 * The same values as a constant of the gradients around it, which do not look behind it. TensorFlow.js has no
 * `stopGradient`; a `customGrad` of zeros would still differentiate all that led to `x`, and throw where an operation
 * has no second gradient. The new tensor shares the memory of `x` and is owned by the caller.
 */
export function detach<T extends Tensor>(x: T): T {
  const { dataId, shape, dtype } = x;
  engine().backend.incRef(dataId);
  return engine().makeTensorFromTensorInfo({ dataId, shape, dtype }) as T;
}
