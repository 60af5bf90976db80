import { mul, type Tensor } from "@tensorflow/tfjs-core";
import { polygammaMagnitude } from "./approximations.ts";
import { differentiable } from "./differentiable.ts";

/** `psi_n(x)`, the `n`-th derivative of `psi`, for `n` of at least 1 and `x > 0`; differentiable as often as wanted. */
export function polygamma(n: number, x: Tensor): Tensor {
  const sign = n % 2 === 0 ? -1 : 1;
  return differentiable(
    x,
    (z) => mul(polygammaMagnitude(n, z), sign),
    (z) => polygamma(n + 1, z),
  );
}
