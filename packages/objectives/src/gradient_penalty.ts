import { add, mean, mul, reshape, type Scalar, sqrt, square, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkNotEmpty, checkWeights } from "./_check.ts";
import { lossOfScore, meanOfSums } from "./_score.ts";
import type { DataBatch, DensityModel } from "./model.ts";
import type { SecondDerivativeOptions } from "./second_derivative_options.ts";

/** Options of {@linkcode gradientPenalty}. */
export interface GradientPenaltyOptions extends SecondDerivativeOptions {
  /** The norm that the gradient is drawn to: 0 for flat energies, 1 as in WGAN-GP. At least 0. @default {0} */
  readonly target?: number;
}

/**
 * The gradient penalty `1/2 mean (||grad_x log p(x)|| - target)^2`, to be weighted and added to a loss.
 *
 * Use it when energies become sharp: at the data it is the penalty of VERA and R1 (`presets.gradientPenalty`); with
 * target 1, at points between data and negatives, that of WGAN-GP.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { gradientPenalty } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const gaussian = { logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5) as tf.Tensor1D };
 * const penalty = gradientPenalty(gaussian, { x: tf.tensor2d([[3, 4]]) });
 * expect((await penalty.data())[0]).toBeCloseTo(12.5, 3); // the gradient is -x
 * ```
 *
 * @see {@link https://arxiv.org/abs/2010.04230 | Grathwohl et al., No MCMC for me (VERA)}
 * @see {@link https://arxiv.org/abs/1801.04406 | Mescheder et al., Which training methods for GANs do actually converge?}
 * @see {@link https://arxiv.org/abs/1704.00028 | Gulrajani et al., Improved training of Wasserstein GANs}
 *
 * @param model The density, `[batch, ...input]` to `[batch]`.
 * @param batch Where the gradient is taken, `x: [batch, ...input]`, borrowed.
 * @param options The target and how derivatives are computed.
 * @returns The penalty, a scalar owned by the caller.
 * @throws {TypeError} When the batch is empty.
 * @throws {RangeError} When `target` is negative, or `method` or `step` is none.
 */
export function gradientPenalty(model: DensityModel, batch: DataBatch, options: GradientPenaltyOptions = {}): Scalar {
  const { x } = batch;
  const { target = 0, ...derivatives } = options;
  checkNotEmpty("x", x.shape[0]);
  checkWeights({ target });
  return tidy(() => lossOfScore(model, x, (score) => mul(penaltyOf(score, target), 0.5), derivatives));
}

/** The mean square of the norms less the target. */
function penaltyOf(score: Tensor, target: number): Scalar {
  if (target === 0) return meanOfSums(square(score));
  const squares = sum(square(reshape(score, [score.shape[0]!, -1])), 1);
  // The square root has no gradient at 0.
  return mean(square(sub(sqrt(add(squares, 1e-12)), target)));
}
