import {
  mul,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import type { DensityModel } from "../mod.ts";

/** `log p(x) = -precision ||x - mean||^2 / 2` on `[batch, d]`, without its constant. */
export function gaussian(precision: Tensor | number, mean: Tensor | number = 0): DensityModel {
  return { logDensity: (x) => tidy(() => mul(mul(sum(square(sub(x, mean)), 1), precision), -0.5) as Tensor1D) };
}

/** Four points in the plane with mean 0 and covariance `variance` times the identity, exactly. */
export function cross(variance: number): Tensor2D {
  const r = Math.sqrt(2 * variance);
  return tensor2d([
    [r, 0],
    [-r, 0],
    [0, r],
    [0, -r],
  ]);
}
