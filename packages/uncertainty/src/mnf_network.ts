import { foldIn, type Key } from "@jem-js/random";
import { addN, type Scalar, stack, type Tensor, tidy, type Variable } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import type { LayerDraw, MnfLayer } from "./mnf_layer.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";

/** A network of layers whose weights are random. */
export interface MnfNetwork extends StochasticNetwork {
  /** What is trained: the variables of all layers. */
  readonly variables: readonly Variable[];
  /** The outputs of one draw for each input: `[batch, ...output]`, the caller's. */
  apply(x: Tensor, draw: LayerDraw): Tensor;
  /** The divergence from the prior, summed over the layers, of one draw: a scalar, the caller's. */
  divergence(key: Key): Scalar;
}

/**
 * A network of layers whose weights are random, `mnfDense` or `mnfConv2d`, and of functions between them. To be trained by
 * `variationalLoss`, and used by `predict`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { foldIn, key } from "@jem-js/random";
 * import { mnfDense, mnfNetwork, predict, variationalLoss } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = mnfNetwork([
 *   mnfDense(key(0), { inputs: 1, units: 8 }),
 *   tf.relu,
 *   mnfDense(key(1), { inputs: 8, units: 1 }),
 * ]);
 * const x = tf.linspace(-1, 1, 32).reshape([32, 1]);
 * const targets = x.square();
 * const optimizer = tf.train.adam(0.01);
 * for (let step = 0; step < 20; step++) {
 *   const options = { key: foldIn(key(2), step), size: 32, targets, precision: 100 };
 *   optimizer.minimize(() => variationalLoss(network, x, options), false, [...network.variables]);
 * }
 * const prediction = await predict(network, x, { key: key(3), samples: 10, output: "values", precision: 100 });
 * expect(prediction.mean.shape).toEqual([32, 1]);
 * network.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1703.01961 | Louizos and Welling, Multiplicative normalizing flows for variational Bayesian neural networks}
 *
 * @param parts The layers, which it takes over, and the functions, whose results are new tensors.
 * @returns The network: from `[batch, ...input]` to `[samples, batch, ...output]`; `dispose()` frees the layers.
 * @throws {TypeError} When none of the parts is a layer.
 */
export function mnfNetwork(parts: readonly (MnfLayer | ((x: Tensor) => Tensor))[]): MnfNetwork {
  const layers = parts.filter((part) => typeof part !== "function");
  if (layers.length === 0) {
    throw new TypeError(`Cannot create an MNF network: parts must have a layer but found ${parts.length} functions`);
  }
  const apply = (x: Tensor, { key, offset = 0 }: LayerDraw): Tensor =>
    tidy(() =>
      parts.reduce<Tensor>(
        (y, part, i) => (typeof part === "function" ? part(y) : part.apply(y, { key: foldIn(key, i), offset })),
        x,
      ),
    );
  return {
    method: "mnf",
    maxSamples: Number.POSITIVE_INFINITY,
    variables: layers.flatMap((layer) => layer.variables),
    apply,
    divergence: (key) => tidy(() => addN(layers.map((layer, i) => layer.divergence(foldIn(key, i))))) as Scalar,
    sample(x, { key, samples, offset = 0 }) {
      checkInteger("sample an MNF network", "samples", samples, 1);
      return tidy(() => stack(Array.from({ length: samples }, (_, t) => apply(x, { key: foldIn(key, t), offset }))));
    },
    dispose() {
      for (const layer of layers) layer.dispose();
    },
  };
}
