import { foldIn } from "@jem-js/random";
import { addN, mul, type Scalar, square, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type SpectralNormOptions, spectralNorm } from "./spectral_norm.ts";

/**
 * The spectral norm penalty `1/2 sum_l sigma(W_l)^2` of weights, to be weighted and added to a loss.
 *
 * Use it when an energy becomes so sharp that chains cannot follow (losses that blow up, samples that leave the range
 * of the data); unlike weight decay it leaves the smaller singular values alone.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { spectralNormPenalty } from "@jem-js/objectives";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const weights = [tf.tensor2d([[3, 0], [0, -4]]), tf.tensor2d([[2]])];
 * const penalty = spectralNormPenalty(weights, { key: key(0) });
 * expect((await penalty.data())[0]).toBeCloseTo((16 + 4) / 2, 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1705.10941 | Yoshida and Miyato, Spectral norm regularization for improving the generalizability of deep learning}
 *
 * @param weights The weights, `[..., out]` of rank 2 or more each, borrowed. Biases have no place among them.
 * @param options The key and the number of power iterations.
 * @returns The penalty, a scalar owned by the caller.
 * @throws {TypeError} When there are no weights, or the rank of one is below 2.
 * @throws {RangeError} When `iterations` is not a positive integer.
 */
export function spectralNormPenalty(weights: readonly Tensor[], options: SpectralNormOptions): Scalar {
  if (weights.length === 0) throw new TypeError("Cannot compute the spectral norm: weights is empty");
  return tidy(() => {
    const norms = weights.map((weight, i) => spectralNorm(weight, { ...options, key: foldIn(options.key, i) }));
    return mul(addN(norms.map((sigma) => square(sigma))), 0.5) as Scalar;
  });
}
