import { type Key, normal } from "@jem-js/random";
import {
  add,
  div,
  matMul,
  norm,
  reshape,
  type Scalar,
  squeeze,
  type Tensor,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkCount } from "./_check.ts";
import { detach } from "./_detach.ts";

/** Options of {@linkcode spectralNorm}. */
export interface SpectralNormOptions {
  /** The key of the vector that the power iteration starts from. */
  readonly key: Key;
  /** How many power iterations to make. At least 1. @default {20} */
  readonly iterations?: number;
}

/**
 * The largest singular value of a weight, by power iteration: the Lipschitz constant of a dense layer. A kernel of a
 * convolution `[height, width, in, out]` is read as the matrix `[height width in, out]`, as in spectral normalisation.
 *
 * `sigma = u . W v` with `u, v` the leading singular vectors, constants of the gradient, which is `u v^T`. The
 * iteration converges as `(sigma_2 / sigma_1)^2` a step, from below.
 *
 * Use it to bound how sharp an energy can become: divide a weight by it (spectral normalisation, as IGEBM does), or
 * penalise it with {@linkcode spectralNormPenalty}.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { spectralNorm } from "@jem-js/objectives";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const sigma = spectralNorm(tf.tensor2d([[3, 0], [0, -4]]), { key: key(0) });
 * expect((await sigma.data())[0]).toBeCloseTo(4, 3);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.05957 | Miyato et al., Spectral normalization for generative adversarial networks, §2.1}
 *
 * @param weight The weight, `[..., out]` of rank 2 or more, borrowed.
 * @param options The key and the number of iterations.
 * @returns The norm, a scalar owned by the caller; differentiable with respect to the weight.
 * @throws {TypeError} When the rank is below 2 or the weight is empty.
 * @throws {RangeError} When `iterations` is not a positive integer.
 */
export function spectralNorm(weight: Tensor, options: SpectralNormOptions): Scalar {
  const { key, iterations = 20 } = options;
  if (weight.rank < 2 || weight.size === 0) {
    throw new TypeError(
      `Cannot compute the spectral norm: weight must be [..., out] of rank 2 or more but found [${weight.shape.join(", ")}]`,
    );
  }
  checkCount("iterations", iterations);
  return tidy(() => {
    const columns = weight.shape.at(-1)!;
    const matrix: Tensor2D = reshape(weight, [weight.size / columns, columns]);
    const constant = detach(matrix);
    let v = unit(normal(key, [columns, 1]) as Tensor2D);
    let u = unit(matMul(constant, v));
    for (let i = 1; i < iterations; i++) {
      v = unit(matMul(constant, u, true));
      u = unit(matMul(constant, v));
    }
    return squeeze(matMul(u, matMul(matrix, v), true)) as Scalar;
  });
}

/** The vector of length 1 along `v`; a vector of zeros stays one. */
function unit(v: Tensor2D): Tensor2D {
  return div(v, add(norm(v), 1e-30));
}
