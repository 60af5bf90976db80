import { addN, mul, sub, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { checkMembers, logitsOf, marginal, variablesOf } from "./_combine.ts";
import { headOf } from "./_head.ts";
import type { EnergyHead } from "./energy_head.ts";

/** Options of {@linkcode product}. */
export interface ProductOptions {
  /** The exponents `w_i`, one a head; negative ones push away. @default {1 each} */
  readonly weights?: readonly number[];
  /**
   * Which densities are multiplied, and so which energies are sums: those with labels (`"joint"`, `E(x, y)`) or those
   * without (`"marginal"`, `E(x)`). @default {"joint"}
   */
  readonly of?: "joint" | "marginal";
}

/**
 * A product of experts, the sum of their energies: high where every expert is ("and").
 *
 * - `"joint"`: `p(x, y) = prod_i p_i(x, y)^w_i`, with the logits `sum_i w_i f_i(x)`; weights `1 / n` make it the ensemble that averages
 *   logits.
 * - `"marginal"`: `p(x) = prod_i p_i(x)^w_i`, with the `p(y|x)` of the former.
 *
 * Up to a constant, which the factors' own constants only rescale.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead, product } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const gaussian = (mean: number) => energyHead((x) => tf.mul(tf.square(tf.sub(x, mean)), [[-0.5, -0.5]]) as tf.Tensor2D);
 * const both = product([gaussian(-1), gaussian(3)]); // a Gaussian with mean 1 and variance 1/2
 * const [score] = await both.score(tf.tensor2d([[1.5]])).data();
 * expect(score).toBeCloseTo(-(1.5 - 1) / 0.5, 5);
 * ```
 *
 * @see {@link https://doi.org/10.1162/089976602760128018 | Hinton, Training products of experts by minimizing contrastive divergence}
 * @see {@link https://arxiv.org/abs/2004.06030 | Du et al., Compositional visual generation with energy based models}
 *
 * @param heads The experts, on `[batch, ...input]` and the same classes; borrowed, and read at every call.
 * @param options The exponents and what is multiplied.
 * @returns A head, with the variables of all experts.
 * @throws {TypeError} When there are no heads or not one weight each; from every member, when their classes differ.
 * @throws {RangeError} When a weight is not finite or `of` is neither.
 */
export function product(heads: readonly EnergyHead[], options: ProductOptions = {}): EnergyHead {
  const action = "multiply energy heads";
  const weights = checkMembers(action, heads, options.weights, 1);
  const { of = "joint" } = options;
  if (of !== "joint" && of !== "marginal") {
    throw new RangeError(`Cannot ${action}: of must be "joint" or "marginal" but found "${of}"`);
  }
  return headOf({
    terms: (x) => {
      const f = logitsOf(action, heads, x);
      const logits = addN(f.map((each, i) => mul(each, weights[i]!))) as Tensor2D;
      if (of === "joint") return { logits };
      const total = addN(f.map((each, i) => mul(marginal(each), weights[i]!))) as Tensor1D;
      return { logits, offset: sub(total, marginal(logits)) };
    },
    variables: () => variablesOf(heads),
  });
}
