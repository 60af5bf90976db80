import { add, stack, type Tensor2D } from "@tensorflow/tfjs-core";
import { checkMembers, logitsOf, variablesOf } from "./_combine.ts";
import { headOf } from "./_head.ts";
import type { EnergyHead } from "./energy_head.ts";
import { logSumExp } from "./log_sum_exp.ts";

/** Options of {@linkcode mixture}. */
export interface MixtureOptions {
  /** The weights `w_i`, one a head. Greater than 0. @default {1 / n each} */
  readonly weights?: readonly number[];
}

/**
 * A mixture of densities: `p(x, y) = sum_i w_i exp(f_i(x)[y])` and `p(x) = sum_i w_i exp(-E_i(x))` up to a constant, high where any of its
 * components is ("or").
 *
 * The densities are not normalised, so a component counts `w_i` times its unknown constant `Z_i`: one with energies
 * lower by 5 outweighs the others 150 times.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead, mixture } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const gaussian = (mean: number) => energyHead((x) => tf.mul(tf.square(tf.sub(x, mean)), [[-0.5, -0.5]]) as tf.Tensor2D);
 * const either = mixture([gaussian(-1), gaussian(1)]);
 * expect((await either.score(tf.tensor2d([[0]])).data())[0]).toBeCloseTo(0, 6);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2004.06030 | Du et al., Compositional visual generation with energy based models}
 *
 * @param heads The components, on `[batch, ...input]` and the same classes; borrowed, and read at every call.
 * @param options The weights.
 * @returns A head, with the variables of all components.
 * @throws {TypeError} When there are no heads or not one weight each; from every member, when their classes differ.
 * @throws {RangeError} When a weight is not above 0.
 */
export function mixture(heads: readonly EnergyHead[], options: MixtureOptions = {}): EnergyHead {
  const action = "mix energy heads";
  const weights = checkMembers(action, heads, options.weights, 1 / (heads?.length || 1));
  const wrong = weights.findIndex((weight) => !(weight > 0));
  if (wrong !== -1) {
    throw new RangeError(`Cannot ${action}: weights must be greater than 0 but found ${weights[wrong]} at ${wrong}`);
  }
  return headOf({
    terms: (x) => {
      const weighted = logitsOf(action, heads, x).map((f, i) => add(f, Math.log(weights[i]!)));
      return { logits: logSumExp(stack(weighted, 2)) as Tensor2D };
    },
    variables: () => variablesOf(heads),
  });
}
