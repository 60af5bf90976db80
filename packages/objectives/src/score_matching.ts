import { add, addN, mul, type Scalar, square, tidy } from "@tensorflow/tfjs-core";
import { checkNotEmpty } from "./_check.ts";
import { axes } from "./_probe.ts";
import { derivativeAlong, meanOfSums } from "./_score.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { DataBatch, DensityModel } from "./model.ts";
import type { SecondDerivativeOptions } from "./second_derivative_options.ts";

/** The loss of {@linkcode scoreMatching} and {@linkcode slicedScoreMatching}, with its parts. */
export interface ScoreMatchingTerms extends LossTerms {
  /** `norm + trace`. */
  readonly loss: Scalar;
  /** Half the mean squared norm of the score. */
  readonly norm: Scalar;
  /** The mean trace of the Hessian of `log p`, or its estimate. */
  readonly trace: Scalar;
}

/**
 * Explicit score matching: the density whose score is nearest to that of the data, with the trace of the Hessian exact.
 *
 * `loss = mean(1/2 ||s(x)||^2 + tr ds/dx)`, `s = grad_x log p`: half the Fisher divergence up to a constant, by
 * integration by parts. For Gaussian data of variance `s^2` in `d` dimensions the minimum is `-d / (2 s^2)`, at the
 * score `-x / s^2`.
 *
 * Use it for data of few dimensions: it costs `5 d` evaluations of the model (finite differences); above a dozen use
 * {@linkcode slicedScoreMatching} or {@linkcode denoisingScoreMatching}. The density must be smooth: piecewise linear
 * activations have no second derivative.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { scoreMatching } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const gaussian = { logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5) as tf.Tensor1D };
 * const { loss, trace } = scoreMatching(gaussian, { x: tf.tensor2d([[1, -1], [-1, 1]]) }, { step: 0.1 });
 * expect((await trace.data())[0]).toBeCloseTo(-2, 3);
 * expect((await loss.data())[0]).toBeCloseTo(-1, 3); // -d / 2
 * ```
 *
 * @see {@link https://www.jmlr.org/papers/v6/hyvarinen05a.html | Hyvärinen, Estimation of non-normalized statistical models by score matching}
 *
 * @param model The density, `[batch, ...input]` to `[batch]`; twice differentiable in its input.
 * @param batch Data, `x: [batch, ...input]`, borrowed.
 * @param options How derivatives are computed.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When the batch is empty.
 * @throws {RangeError} When `method` or `step` is none.
 */
export function scoreMatching(
  model: DensityModel,
  batch: DataBatch,
  options: SecondDerivativeOptions = {},
): ScoreMatchingTerms {
  const { x } = batch;
  checkNotEmpty("x", x.shape[0]);
  return tidy(() => {
    const units = axes(x);
    const squares = units.map((axis) => meanOfSums(square(derivativeAlong(1, model, x, axis, options))));
    const diagonal = units.map((axis) => meanOfSums(derivativeAlong(2, model, x, axis, options)));
    const norm: Scalar = mul(addN(squares), 0.5);
    const trace: Scalar = addN(diagonal);
    return { loss: add(norm, trace), norm, trace };
  });
}
