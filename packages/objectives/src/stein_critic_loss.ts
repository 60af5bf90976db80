import { add, mean, mul, neg, type Scalar, tidy } from "@tensorflow/tfjs-core";
import { checkNotEmpty, checkPositive } from "./_check.ts";
import { constantScore } from "./_score.ts";
import { applyCritic, divergence, dot } from "./_stein.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { DataBatch, DensityModel } from "./model.ts";
import type { SteinCritic, SteinOptions } from "./stein_discrepancy.ts";

/** Options of {@linkcode steinCriticLoss}. */
export interface SteinCriticOptions extends SteinOptions {
  /** The weight `lambda` of the critic's squared norm, which makes the optimum finite. Greater than 0. @default {10} */
  readonly l2?: number;
}

/** The loss of {@linkcode steinCriticLoss} and its parts. */
export interface SteinCriticTerms extends LossTerms {
  /** `-discrepancy + l2 squaredNorm`. */
  readonly loss: Scalar;
  /** The Stein discrepancy by this critic. */
  readonly discrepancy: Scalar;
  /** The mean of `||h(x)||^2`. */
  readonly squaredNorm: Scalar;
}

/**
 * What the critic of a learned Stein discrepancy minimises: `-mean(s(x) . h(x) + tr dh/dx) + lambda mean ||h(x)||^2`.
 *
 * At its optimum `h = (s_model - s_data) / (2 lambda)` the loss is `-mean ||s_model - s_data||^2 / (4 lambda)`: the
 * Fisher divergence, learned from data alone. Use it in turn with {@linkcode steinDiscrepancy}. The gradient reaches
 * the variables of the critic only.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { steinCriticLoss } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * // The model N(0, 1), data at 1 and 3, and a critic that pulls by 1.
 * const gaussian = { logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5) as tf.Tensor1D };
 * const { loss, discrepancy } = steinCriticLoss(gaussian, tf.onesLike, { x: tf.tensor2d([[1], [3]]) });
 * expect((await discrepancy.data())[0]).toBeCloseTo(-2, 2);
 * expect((await loss.data())[0]).toBeCloseTo(12, 2); // 2 + 10
 * ```
 *
 * @see {@link https://arxiv.org/abs/2002.05616 | Grathwohl et al., Learning the Stein discrepancy for training and evaluating energy-based models without sampling}
 *
 * @param model The density, `[batch, ...input]` to `[batch]`.
 * @param critic The critic, `[batch, ...input]` to the same shape; differentiable with respect to its variables.
 * @param batch Data, `x: [batch, ...input]`, borrowed.
 * @param options The probe, the weight and how derivatives are computed.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When the batch is empty, or the critic's output has another shape than its input.
 * @throws {RangeError} When `l2` is not above 0, or `method` or `step` is none.
 */
export function steinCriticLoss(
  model: DensityModel,
  critic: SteinCritic,
  batch: DataBatch,
  options: SteinCriticOptions = {},
): SteinCriticTerms {
  const { x } = batch;
  const { l2 = 10, ...stein } = options;
  checkNotEmpty("x", x.shape[0]);
  checkPositive("l2", l2);
  return tidy(() => {
    const h = applyCritic(critic, x);
    const discrepancy: Scalar = mean(add(dot(constantScore(model, x), h), divergence(critic, x, stein)));
    const squaredNorm: Scalar = mean(dot(h, h));
    return { loss: add(neg(discrepancy), mul(squaredNorm, l2)), discrepancy, squaredNorm };
  });
}
