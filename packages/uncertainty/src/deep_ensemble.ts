import { stack, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";

/** A member of an ensemble: a model that predicts, or a function from inputs to outputs, whose result is a new tensor. */
export type EnsembleMember = ((x: Tensor) => Tensor) | PredictingModel;

/** A model such as a `tf.LayersModel`. */
export interface PredictingModel {
  /** Its outputs, a new tensor `[batch, ...output]`. */
  predict(x: Tensor): unknown;
}

/**
 * A deep ensemble: networks that were trained apart, from other initial weights or in other orders, are the draws. Nothing is random
 * in it: sample `t` is member `t`, whatever the key.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { deepEnsemble, predict } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = deepEnsemble([(x) => tf.mul(x, 2), (x) => tf.mul(x, 4)]);
 * const { mean, epistemicVariance } = await predict(network, tf.tensor2d([[1]]), { key: key(0), output: "values" });
 * expect((await mean.data())[0]).toBe(3);
 * expect((await epistemicVariance.data())[0]).toBe(1);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1612.01474 | Lakshminarayanan et al., Simple and scalable predictive uncertainty estimation}
 *
 * @param members The networks, borrowed for as long as the ensemble is used, at least one.
 * @returns The network: from `[batch, ...input]` to `[samples, batch, ...output]`.
 * @throws {TypeError} When a member is neither a model nor a function.
 * @throws {RangeError} When there is none.
 */
export function deepEnsemble(members: readonly EnsembleMember[]): StochasticNetwork {
  const action = "create a deep ensemble";
  checkInteger(action, "the number of members", members.length, 1);
  for (const [i, member] of members.entries()) {
    if (typeof member !== "function" && typeof member?.predict !== "function") {
      throw new TypeError(`Cannot ${action}: members[${i}] must be a model or a function but found ${String(member)}`);
    }
  }
  const all = [...members];
  return {
    method: "deepEnsemble",
    maxSamples: all.length,
    sample(x, { samples }) {
      checkInteger("sample a deep ensemble", "samples", samples, 1, all.length);
      return tidy(() =>
        stack(
          all
            .slice(0, samples)
            .map((member) => (typeof member === "function" ? member(x) : (member.predict(x) as Tensor))),
        ),
      );
    },
    dispose() {},
  };
}
