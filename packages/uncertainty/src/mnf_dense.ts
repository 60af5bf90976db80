import type { Key } from "@jem-js/random";
import { add, dispose, exp, matMul, mul, square, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import { drawOutputs, mnfPosterior } from "./_mnf_posterior.ts";
import type { MnfLayer, MnfPosteriorOptions } from "./mnf_layer.ts";

/** Options of {@linkcode mnfDense}. */
export interface MnfDenseOptions extends MnfPosteriorOptions {
  /** How many inputs there are. */
  readonly inputs: number;
  /** How many outputs there are. */
  readonly units: number;
}

/**
 * A dense layer whose weights have a multiplicative normalizing flow as their posterior:
 * `q(W | z) = prod N(z_i mu_ij, sigma_ij²)`, with multipliers `z`, one an input, from a Gaussian through masked RealNVP or
 * planar steps, and an auxiliary posterior `r(z | W)`, a flow as well, for the bound of their entropy.
 *
 * The outputs are drawn rather than the weights (local reparametrisation): `mean = (x z) mu + b`,
 * `variance = x² sigma² + exp(logVariance_b)`. `divergence` is `KL_W(z) + KL_b + log q(z) - log r(z | W)` of one draw of `z`, with the
 * entropy of the Gaussian in closed form. `flows: 0` is mean-field variational inference.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mnfDense } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const layer = mnfDense(key(0), { inputs: 3, units: 2 });
 * const y = layer.apply(tf.ones([5, 3]), { key: key(1) });
 * expect(y.shape).toEqual([5, 2]);
 * expect((await layer.divergence(key(2)).data())[0]).toBeGreaterThan(0);
 * layer.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1703.01961 | Louizos and Welling, Multiplicative normalizing flows for variational Bayesian neural networks}
 *
 * @param key The key of the initial values.
 * @param options The sizes and the distribution of the weights.
 * @returns The layer, from `[batch, inputs]` to `[batch, units]`, owned by the caller.
 * @throws {RangeError} When a number is out of range.
 */
export function mnfDense(key: Key, options: MnfDenseOptions): MnfLayer {
  const action = "create mnfDense";
  const { inputs, units } = options;
  checkInteger(action, "inputs", inputs, 1);
  checkInteger(action, "units", units, 1);
  const posterior = mnfPosterior(action, key, { weights: [inputs, units], perOutput: false }, options);
  return {
    variables: posterior.variables,
    apply(x, { key: drawKey, offset = 0 }) {
      if (x?.rank !== 2 || x.shape[1] !== inputs) {
        throw new TypeError(`Cannot apply mnfDense: x must be of shape [batch, ${inputs}] but found [${x?.shape}]`);
      }
      return tidy(() => {
        const rows = { key: drawKey, offset };
        const z = posterior.multipliers(rows, x.shape[0]!);
        const center = add(matMul((z ? mul(x, z) : x) as Tensor2D, posterior.mean), posterior.bias);
        const variance = matMul(square(x) as Tensor2D, square(posterior.std()) as Tensor2D);
        return drawOutputs(center, add(variance, exp(posterior.biasLogVariance)), rows);
      });
    },
    divergence: (drawKey) => tidy(() => posterior.divergence(drawKey)),
    dispose: () => dispose([...posterior.variables]),
  };
}
