import {
  expandDims,
  mean,
  mul,
  relu,
  squaredDifference,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkMembers, logitsOf, marginal } from "./_combine.ts";
import { exp } from "./elementwise.ts";
import type { EnergyHead } from "./energy_head.ts";
import { logSoftmax, logSumExp } from "./log_sum_exp.ts";

/** How far the members of an ensemble disagree, for each example. Tensors are owned by the caller. */
export interface Disagreement {
  /**
   * The mutual information of the class and the member in nats, `H(mean_i p_i(y|x)) - mean_i H(p_i(y|x))`, `[batch]`: from 0, when all
   * agree, to `log n`.
   */
  readonly mutualInformation: Tensor1D;
  /**
   * The variance of the members' energies, `mean_i (E_i(x) - mean_j E_j(x))^2`, `[batch]`. It includes the differences of their unknown
   * constants: compare it between examples.
   */
  readonly energyVariance: Tensor1D;
}

/**
 * Tells how far heads disagree about each input: what an ensemble knows beyond its average, large where the training data
 * said little.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { disagreement, energyHead } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const heads = [50, -50].map((slope) => energyHead((x) => tf.matMul(x as tf.Tensor2D, tf.tensor2d([[slope, 0]]))));
 * const { mutualInformation } = disagreement(heads, tf.tensor2d([[1], [0]]));
 * const [sure, unsure] = await mutualInformation.data();
 * expect(sure).toBeCloseTo(Math.log(2), 5); // each member is sure, of another class
 * expect(unsure).toBeCloseTo(0, 5); // all members are equally unsure
 * ```
 *
 * @see {@link https://arxiv.org/abs/1703.02910 | Gal et al., Deep Bayesian active learning with image data} (the mutual information)
 *
 * @param heads The members, on the same classes; borrowed.
 * @param x The inputs, `[batch, ...input]`, borrowed.
 * @returns Two measures, `[batch]` each, differentiable as the heads are.
 * @throws {TypeError} When there are no heads, or their classes differ.
 */
export function disagreement(heads: readonly EnergyHead[], x: Tensor): Disagreement {
  const action = "compare energy heads";
  const n = checkMembers(action, heads, undefined, 1).length;
  return tidy(() => {
    const f = logitsOf(action, heads, x);
    const logs = stack(f.map(logSoftmax), 2);
    const average = expandDims(sub(logSumExp(logs), Math.log(n)), 2);
    // The members' mean divergence from their average: a difference of entropies would cancel.
    const divergences = sum(mul(exp(logs), sub(logs, average)), 1);
    const energies = stack(f.map(marginal), 1);
    return {
      mutualInformation: relu(mean<Tensor1D>(divergences, 1)),
      energyVariance: mean<Tensor1D>(squaredDifference(energies, mean(energies, 1, true)), 1),
    };
  });
}
