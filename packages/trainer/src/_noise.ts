import { type Key, normal } from "@jem-js/random";
import { add, clone, engine, getBackend, getKernel, mul, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** A backend's kernel `x + stepSize gradient + noiseScale normal(key)` in one pass, as `@jem-js/native` has it. */
const FUSED_STEP = "LangevinStep";

/** A copy of `x` with Gaussian noise of standard deviation `scale`. */
export function withNoise(x: Tensor, key: Key, scale: number): Tensor {
  if (scale === 0 || x.size === 0) return clone(x);
  if (getKernel(FUSED_STEP, getBackend()) != null) {
    const attrs = { stepSize: 0, noiseScale: scale, key: [...key] };
    return engine().runKernel(FUSED_STEP, { x, gradient: x }, attrs) as Tensor;
  }
  return tidy(() => add(x, mul(normal(key, x.shape), scale)));
}

/** Throws unless `inputNoise` is a finite number of at least 0. */
export function checkInputNoise(action: string, inputNoise: number, name: string = "inputNoise"): void {
  if (!(Number.isFinite(inputNoise) && inputNoise >= 0)) {
    throw new RangeError(`Cannot ${action}: ${name} must be at least 0 but found ${inputNoise}`);
  }
}
