import { hessianVectorProduct } from "@jem-js/energy";
import {
  add,
  cast,
  concat,
  grad,
  greater,
  less,
  logicalAnd,
  mul,
  type Scalar,
  sum,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { derivativeAlong } from "./_score.ts";
import { unrecorded } from "./_unrecorded.ts";
import type { DensityModel } from "./model.ts";
import type { SecondDerivativeOptions } from "./second_derivative_options.ts";

/** Steps `x' = clamp(x + a score(x) + noise)` of a chain. */
interface Chain {
  /** The states before each step, the oldest first. */
  readonly states: readonly Tensor[];
  /** The state after the last. */
  readonly end: Tensor;
  readonly stepSize: number;
  readonly clamp: readonly [min: number, max: number] | undefined;
}

/**
 * A scalar whose gradient with respect to the variables of the model is that of `cotangent . end`, through all steps of
 * the chain: `a sum_k u_k . score(x_k)`, with the adjoints `u_(k-1) = u_k + a H(x_k) u_k` of the constants `x_k`, 0
 * where the clamp acts. Within `tidy`.
 */
export function throughChain(
  model: DensityModel,
  { states, end, stepSize, clamp }: Chain,
  cotangent: Tensor,
  options: SecondDerivativeOptions,
): Scalar {
  const head = { score: (x: Tensor): Tensor => grad((input) => sum(model.logDensity(input)))(x) };
  const adjoints = unrecorded(() => {
    const found: Tensor[] = [];
    let adjoint = cotangent;
    for (let k = states.length - 1; k >= 0; k--) {
      if (found[0]) {
        const curved = hessianVectorProduct(head, states[k + 1]!, found[0], options);
        adjoint = add(found[0], mul(curved, stepSize));
      }
      found.unshift(clamp ? mul(adjoint, inside(states[k + 1] ?? end, clamp)) : adjoint);
    }
    return concat(found);
  });
  return mul(sum(derivativeAlong(1, model, concat([...states]), adjoints, options)), stepSize);
}

/** 1 where `x` is within its bounds, 0 where it has come to them. */
function inside(x: Tensor, [min, max]: readonly [number, number]): Tensor {
  return cast(logicalAnd(greater(x, min), less(x, max)), "float32");
}
