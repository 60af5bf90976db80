import type { Key } from "@jem-js/random";
import {
  add,
  conv2d,
  dispose,
  exp,
  mul,
  reshape,
  square,
  type Tensor,
  type Tensor4D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkInteger } from "./_check.ts";
import { drawOutputs, mnfPosterior } from "./_mnf_posterior.ts";
import type { MnfLayer, MnfPosteriorOptions } from "./mnf_layer.ts";

/** Options of {@linkcode mnfConv2d}. */
export interface MnfConv2dOptions extends MnfPosteriorOptions {
  /** How many channels the inputs have. */
  readonly channels: number;
  /** How many filters there are. */
  readonly filters: number;
  /** The side of the square kernels. @default {3} */
  readonly kernelSize?: number;
  /** The stride. @default {1} */
  readonly strides?: number;
  /** The padding. @default {"same"} */
  readonly padding?: "same" | "valid";
}

/**
 * A convolution whose weights have a multiplicative normalizing flow as their posterior: as `mnfDense`, with a multiplier for each
 * filter, which its outputs are multiplied with: `mean = z conv(x, mu) + b`, `variance = conv(x², sigma²) + exp(logVariance_b)`.
 * `flows: 0` is mean-field variational inference.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mnfConv2d } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const layer = mnfConv2d(key(0), { channels: 1, filters: 4, strides: 2 });
 * expect(layer.apply(tf.ones([2, 8, 8, 1]), { key: key(1) }).shape).toEqual([2, 4, 4, 4]);
 * layer.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1703.01961 | Louizos and Welling, Multiplicative normalizing flows for variational Bayesian neural networks}
 *
 * @param key The key of the initial values.
 * @param options The sizes and the distribution of the weights.
 * @returns The layer, from `[batch, height, width, channels]` to `[batch, height', width', filters]`, owned by the caller.
 * @throws {TypeError} When `padding` is unknown.
 * @throws {RangeError} When a number is out of range.
 */
export function mnfConv2d(key: Key, options: MnfConv2dOptions): MnfLayer {
  const action = "create mnfConv2d";
  const { channels, filters, kernelSize = 3, strides = 1, padding = "same" } = options;
  for (const [name, value] of Object.entries({ channels, filters, kernelSize, strides })) {
    checkInteger(action, name, value, 1);
  }
  checkChoice(action, "padding", padding, ["same", "valid"]);
  const weights = [kernelSize, kernelSize, channels, filters];
  const posterior = mnfPosterior(action, key, { weights, perOutput: true }, options);
  const convolve = (x: Tensor, kernel: Tensor): Tensor => conv2d(x as Tensor4D, kernel as Tensor4D, strides, padding);
  return {
    variables: posterior.variables,
    apply(x, { key: drawKey, offset = 0 }) {
      if (x?.rank !== 4 || x.shape[3] !== channels) {
        throw new TypeError(
          `Cannot apply mnfConv2d: x must be of shape [batch, height, width, ${channels}] but found [${x?.shape}]`,
        );
      }
      return tidy(() => {
        const rows = { key: drawKey, offset };
        const z = posterior.multipliers(rows, x.shape[0]!);
        const features = convolve(x, posterior.mean);
        const center = add(z ? mul(features, reshape(z, [-1, 1, 1, filters])) : features, posterior.bias);
        const variance = convolve(square(x), square(posterior.std()));
        return drawOutputs(center, add(variance, exp(posterior.biasLogVariance)), rows);
      });
    },
    divergence: (drawKey) => tidy(() => posterior.divergence(drawKey)),
    dispose: () => dispose([...posterior.variables]),
  };
}
