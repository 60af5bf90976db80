import { type Key, normal } from "@jem-js/random";
import { add, clone, mul, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** A copy of `x` with Gaussian noise of standard deviation `scale`. */
export function withNoise(x: Tensor, key: Key, scale: number): Tensor {
  return scale === 0 ? clone(x) : tidy(() => add(x, mul(normal(key, x.shape), scale)));
}

/** Throws unless `inputNoise` is a finite number of at least 0. */
export function checkInputNoise(action: string, inputNoise: number): void {
  if (!(Number.isFinite(inputNoise) && inputNoise >= 0)) {
    throw new RangeError(`Cannot ${action}: inputNoise must be at least 0 but found ${inputNoise}`);
  }
}
