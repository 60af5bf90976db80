import type { Key } from "@jem-js/random";
import { add, div, mean, type Scalar, sqrt, square, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkNotEmpty } from "./_check.ts";
import { detach } from "./_detach.ts";
import { constantScore, derivativeAlong, withGradientOf } from "./_score.ts";
import { applyCritic, divergence, dot } from "./_stein.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { DataBatch, DensityModel } from "./model.ts";
import type { SecondDerivativeOptions } from "./second_derivative_options.ts";

/** The critic `h` of a Stein discrepancy: a network from `[batch, ...input]` to the same shape. */
export type SteinCritic = (x: Tensor) => Tensor;

/** Options of {@linkcode steinDiscrepancy}. */
export interface SteinOptions extends SecondDerivativeOptions {
  /**
   * The key of the normal probe that estimates the trace (Hutchinson). Without one the trace is exact, at two
   * evaluations of the critic for each dimension. @default {undefined}
   */
  readonly key?: Key;
}

/** The loss of {@linkcode steinDiscrepancy} and its parts. */
export interface SteinTerms extends LossTerms {
  /** The discrepancy: 0 in expectation for any critic when the data come from the model. */
  readonly loss: Scalar;
  /** Its standard error: the standard deviation over the batch by the root of its size. */
  readonly standardError: Scalar;
}

/**
 * The learned Stein discrepancy of a model and data: how far the critic tells them apart, without samples of the model
 * and without its normaliser.
 *
 * `loss = mean(s(x) . h(x) + tr dh/dx)`, `s = grad_x log p`. To train a model, minimise it in turn with
 * {@linkcode steinCriticLoss}, which trains the critic: five critic steps to one of the model in the paper
 * (`presets.steinDiscrepancy`). To evaluate one, train a critic on some data and read the discrepancy on other data: it
 * is how well the model fits, and by `loss / standardError` a test whether it does.
 *
 * Use it where neither samplers nor noise distributions work, and to compare unnormalised models. The gradient reaches
 * the variables of the model only.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { steinDiscrepancy } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const gaussian = { logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5) as tf.Tensor1D };
 * const critic = (x: tf.Tensor) => tf.mul(x, 2);
 * const { loss } = steinDiscrepancy(gaussian, critic, { x: tf.tensor2d([[1, 3], [0, 0]]) });
 * expect((await loss.data())[0]).toBeCloseTo(-6, 2); // mean of -2 ||x||^2, plus the trace 4
 * ```
 *
 * @see {@link https://arxiv.org/abs/2002.05616 | Grathwohl et al., Learning the Stein discrepancy for training and evaluating energy-based models without sampling}
 *
 * @param model The density, `[batch, ...input]` to `[batch]`.
 * @param critic The critic, `[batch, ...input]` to the same shape.
 * @param batch Data, `x: [batch, ...input]`, borrowed.
 * @param options The probe and how derivatives are computed.
 * @returns The discrepancy and its standard error, scalars owned by the caller.
 * @throws {TypeError} When the batch is empty, or the critic's output has another shape than its input.
 * @throws {RangeError} When `method` or `step` is none.
 */
export function steinDiscrepancy(
  model: DensityModel,
  critic: SteinCritic,
  batch: DataBatch,
  options: SteinOptions = {},
): SteinTerms {
  const { x } = batch;
  const { key: _, ...derivatives } = options;
  checkNotEmpty("x", x.shape[0]);
  return tidy(() => {
    const h = detach(applyCritic(critic, x));
    const statistic = detach(add(dot(constantScore(model, x), h), divergence(critic, x, options)));
    const discrepancy = mean(statistic) as Scalar;
    const gradient = mean(derivativeAlong(1, model, x, h, derivatives)) as Scalar;
    const deviation = sqrt(mean(square(sub(statistic, discrepancy))));
    return {
      loss: withGradientOf(discrepancy, gradient),
      standardError: div(deviation, Math.sqrt(x.shape[0]!)) as Scalar,
    };
  });
}
