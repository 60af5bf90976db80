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

/** The density `log p(x) = -precision ||x - mean||^2 / 2` on `[batch, d]`, without its constant. */
export function gaussian(
  precision: Tensor | number,
  mean: Tensor | number = 0,
): { logDensity: (x: Tensor) => Tensor1D } {
  return { logDensity: (x) => tidy(() => mul(mul(sum(square(sub(x, mean)), 1), precision), -0.5)) };
}

/** Four points in the plane whose mean is 0 and whose covariance is `variance` times the identity, exactly. */
export function fourPoints(variance: number): Tensor2D {
  const r = Math.sqrt(2 * variance);
  return tensor2d([r, 0, -r, 0, 0, r, 0, -r], [4, 2]);
}
