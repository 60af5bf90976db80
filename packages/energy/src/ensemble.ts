import { addN, mul, stack, sub, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { checkMembers, logitsOf, marginal, variablesOf } from "./_combine.ts";
import { headOf } from "./_head.ts";
import type { EnergyHead } from "./energy_head.ts";
import { logSoftmax, logSumExp } from "./log_sum_exp.ts";

/**
 * Averages heads as deep ensembles do: the class probabilities are the mean of the members', and the energy is the mean
 * of theirs, `p(x, y) = prod_i p_i(x)^(1/n) mean_i p_i(y|x)` up to a constant. {@linkcode disagreement} tells how far the members are apart.
 *
 * To average logits in its place use `product(heads, { weights: [1 / n, ...] })`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead, ensemble } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const heads = [50, -50].map((slope) => energyHead((x) => tf.matMul(x as tf.Tensor2D, tf.tensor2d([[slope, 0]]))));
 * const x = tf.tensor2d([[1]]); // each member is sure, of another class
 * const [first, second] = await ensemble(heads).probabilities(x).data();
 * expect(first).toBeCloseTo(0.5, 5);
 * expect(second).toBeCloseTo(0.5, 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1612.01474 | Lakshminarayanan et al., Simple and scalable predictive uncertainty estimation using deep ensembles}
 *
 * @param heads The members, on `[batch, ...input]` and the same classes; borrowed, and read at every call.
 * @returns A head, with the variables of all members.
 * @throws {TypeError} When there are no heads; from every member, when their classes differ.
 */
export function ensemble(heads: readonly EnergyHead[]): EnergyHead {
  const action = "average energy heads";
  const n = checkMembers(action, heads, undefined, 1).length;
  return headOf({
    terms: (x) => {
      const f = logitsOf(action, heads, x);
      const logits = sub(logSumExp(stack(f.map(logSoftmax), 2)), Math.log(n)) as Tensor2D;
      return { logits, offset: mul(addN(f.map(marginal)), 1 / n) as Tensor1D };
    },
    variables: () => variablesOf(heads),
  });
}
