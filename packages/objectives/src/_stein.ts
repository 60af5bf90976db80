import { directionalDerivative } from "@jem-js/energy";
import { normal } from "@jem-js/random";
import { addN, mul, reshape, sum, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { checkSameShape } from "./_check.ts";
import { axes } from "./_probe.ts";
import type { SteinCritic, SteinOptions } from "./stein_discrepancy.ts";

// All of these are to be called within `tidy`.

/** The critic at `x`, checked. */
export function applyCritic(critic: SteinCritic, x: Tensor): Tensor {
  const h = critic(x);
  checkSameShape("the critic's output", h, "x", x);
  return h;
}

/**
 * The trace of `dh/dx` of each example, `[batch]`: by one probe when there is a key, else by all axes. Differentiable
 * with respect to the variables of the critic.
 */
export function divergence(critic: SteinCritic, x: Tensor, { key, ...derivatives }: SteinOptions): Tensor1D {
  // v . J v is the derivative along v of the function v . h of each example.
  const along = (v: Tensor): Tensor1D => directionalDerivative((z) => dot(critic(z), v), x, v, derivatives) as Tensor1D;
  return key ? along(normal(key, x.shape)) : addN(axes(x).map(along));
}

/** The scalar product of each example, `[batch]`. */
export function dot(a: Tensor, b: Tensor): Tensor1D {
  return sum(reshape(mul(a, b), [a.shape[0]!, -1]), 1);
}
