import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { contrastiveTerms } from "./_contrast.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { DensityModel } from "./model.ts";

/** What {@linkcode contrastiveDivergence} learns from. */
export interface ContrastiveBatch {
  /** Data, `[batch, ...input]`. */
  readonly x: Tensor;
  /** Samples of the model, `[negatives, ...input]`, constants of the loss. */
  readonly negatives: Tensor;
}

/** How the log-densities `f` of data `x+` and samples `x-` make a loss. */
export type ContrastForm = "difference" | "logSumExp" | "softplus";

/** Options of {@linkcode contrastiveDivergence} and its conditional and joint forms. */
export interface ContrastiveOptions {
  /**
   * How data and samples are contrasted:
   * - `"difference"`: `mean f(x-) - mean f(x+)`, the gradient of maximum likelihood;
   * - `"logSumExp"`: `log mean exp f(x-) - mean f(x+)`, whose gradient weighs the samples by `softmax f(x-)`: for chains
   *   that are short of equilibrium, more stable;
   * - `"softplus"`: `mean softplus(f(x-) - f(x+))` over pairs, which saturates once a pair is told apart: the most
   *   stable, and biased. It needs as many negatives as data.
   *
   * @default {"difference"}
   */
  readonly form?: ContrastForm;
  /** The weight `lambda` of `mean f(x+)^2 + mean f(x-)^2`, which keeps energies near 0. At least 0. @default {0} */
  readonly energyL2?: number;
}

/** The loss of {@linkcode contrastiveDivergence} and its conditional and joint forms, with its parts. */
export interface ContrastiveTerms extends LossTerms {
  /** `contrast + energyL2 (mean f(x+)^2 + mean f(x-)^2)`. */
  readonly loss: Scalar;
  /** The loss without the penalty. */
  readonly contrast: Scalar;
  /** `mean f(x+) - mean f(x-)`: how much lower the energy of data is than that of samples. */
  readonly energyGap: Scalar;
}

/**
 * Contrastive divergence: raises the density of data and lowers that of the model's own samples. It is the maximum
 * likelihood gradient of any energy-based model, and the one loss of CD-k, persistent CD and short-run training, which
 * differ in where the chains of the negatives start only:
 *
 * - {@linkcode dataNegatives}: at the data (CD-k);
 * - {@linkcode persistentNegatives}: where earlier chains ended (PCD);
 * - {@linkcode shortRunNegatives}: at noise, each time anew (short-run).
 *
 * `loss = mean f(x-) - mean f(x+) + energyL2 (mean f(x+)^2 + mean f(x-)^2)` with `f = log p` up to a constant, or one
 * of the other forms. The value is a surrogate: watch the energy gap, which oscillates around 0 while training is
 * healthy.
 *
 * Use it to train a density without labels; with labels see {@linkcode jem}.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { contrastiveDivergence } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const gaussian = { logDensity: (x: tf.Tensor) => tf.sum(tf.mul(tf.square(x), -0.5), 1) as tf.Tensor1D };
 * const batch = { x: tf.tensor2d([[0, 1]]), negatives: tf.tensor2d([[2, 0]]) };
 * const { loss, energyGap } = contrastiveDivergence(gaussian, batch);
 * expect((await loss.data())[0]).toBe(-1.5); // -2 - (-0.5)
 * expect((await energyGap.data())[0]).toBe(1.5);
 * ```
 *
 * @see {@link https://www.cs.toronto.edu/~hinton/absps/tr00-004.pdf | Hinton, Training products of experts by minimizing contrastive divergence}
 * @see {@link https://arxiv.org/abs/1903.08689 | Du and Mordatch, Implicit generation and modeling with energy-based models}, for the forms and the penalty
 *
 * @param model The density, `[batch, ...input]` to `[batch]`.
 * @param batch Data and negatives, borrowed.
 * @param options The form and the energy penalty.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When a batch is empty, or `"softplus"` has not as many negatives as data.
 * @throws {RangeError} When `form` is unknown, or `energyL2` is negative or not finite.
 */
export function contrastiveDivergence(
  model: DensityModel,
  batch: ContrastiveBatch,
  options: ContrastiveOptions = {},
): ContrastiveTerms {
  const { x, negatives } = batch;
  return contrastiveTerms(
    { x: x.shape[0], negatives: negatives.shape[0] },
    () => ({ positive: model.logDensity(x), negative: model.logDensity(negatives) }),
    options,
  );
}
