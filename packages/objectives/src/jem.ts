import { type Scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkNotEmpty } from "./_check.ts";
import { checkJemOptions, factoredTerms } from "./_factored.ts";
import type { LabeledBatch } from "./cross_entropy.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { LogitsModel } from "./model.ts";

/** What {@linkcode jem} learns from. */
export interface JemBatch extends LabeledBatch {
  /** Samples of the model, `[negatives, ...input]`, constants of the loss: from `run` of a sampler. */
  readonly negatives: Tensor;
  /** Data for `p(x)`, `[unlabeled, ...input]`, which needs no labels. @default {x} */
  readonly unlabeled?: Tensor;
}

/** Options of {@linkcode jem}. */
export interface JemOptions {
  /** The weight of the `log p(x)` term. At least 0. @default {1} */
  readonly pxWeight?: number;
  /** The weight of the `log p(y|x)` term. At least 0. @default {1} */
  readonly pyxWeight?: number;
  /**
   * The weight `lambda` of `mean f(x+)^2 + mean f(x-)^2`, which keeps energies near 0: the authors' remedy against
   * divergence, about 0.1. At least 0. @default {0}
   */
  readonly energyL2?: number;
}

/** The loss of {@linkcode jemTerms} and its parts, scalars owned by the caller; `f = logsumexp` of the logits. */
export interface JemTerms extends LossTerms {
  /** `pxWeight px + pyxWeight crossEntropy + energyL2 (mean f(x+)^2 + mean f(x-)^2)`. */
  readonly loss: Scalar;
  /** The mean of `-log p(y|x)`. */
  readonly crossEntropy: Scalar;
  /** `mean f(x-) - mean f(x+)`: its gradient is that of the mean of `-log p(x)`. */
  readonly px: Scalar;
  /** `mean f(x+) - mean f(x-)`: how much lower the energy of data is than that of samples. */
  readonly energyGap: Scalar;
  /** The fraction of the labelled examples that are classified correctly. */
  readonly accuracy: Scalar;
}

/**
 * The factored objective of a joint energy-based model: `-log p(x) - log p(y|x)`.
 *
 * `loss = pxWeight (mean f(x-) - mean f(x+)) + pyxWeight CE(f(x), y) + energyL2 (mean f(x+)^2 + mean f(x-)^2)` with
 * `f(x) = logsumexp_k f(x)[k]`, `x+` the data and `x-` the negatives. The first term is a surrogate: its gradient, not
 * its value, is that of the log-likelihood. Factoring keeps `p(y|x)` unbiased whatever the sampler does.
 *
 * Use it to train a classifier that is a density too, and as the first choice among the joint objectives; with few
 * labels see {@linkcode semiSupervisedJem}. The joint and conditional ablations are {@linkcode jointLikelihood} and
 * {@linkcode conditionalLikelihood}.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { jem } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const batch = { x: tf.tensor2d([[0, 0]]), labels: [1], negatives: tf.tensor2d([[1, 1]]) };
 * const loss = jem(head, batch, { pxWeight: 0.5 });
 * expect((await loss.data())[0]).toBeCloseTo(0.5 + Math.log(2), 5); // the energies are -log 2 and -1 - log 2
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM, §4 (equation 7)}
 *
 * @param head The classifier; differentiable with respect to its variables.
 * @param batch Data, labels and negatives, `[batch, ...input]` each, borrowed.
 * @param options The weights of the terms.
 * @returns The loss, a scalar owned by the caller.
 * @throws {TypeError} When a batch is empty or the labels do not fit it.
 * @throws {RangeError} When a weight is negative or not finite, or a label given as an array is outside [0, classes).
 */
export function jem(head: LogitsModel, batch: JemBatch, options: JemOptions = {}): Scalar {
  return tidy(() => jemTerms(head, batch, options).loss);
}

/**
 * The objective of {@linkcode jem} together with its parts, for training loops that report them.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { jemTerms } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const batch = { x: tf.tensor2d([[0, 2]]), labels: [1], negatives: tf.tensor2d([[0, 2]]) };
 * const { accuracy, energyGap } = jemTerms(head, batch);
 * expect((await accuracy.data())[0]).toBe(1);
 * expect((await energyGap.data())[0]).toBe(0);
 * ```
 *
 * @param head The classifier; differentiable with respect to its variables.
 * @param batch Data, labels and negatives, `[batch, ...input]` each, borrowed.
 * @param options The weights of the terms.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When a batch is empty or the labels do not fit it.
 * @throws {RangeError} When a weight is negative or not finite, or a label given as an array is outside [0, classes).
 */
export function jemTerms(head: LogitsModel, batch: JemBatch, options: JemOptions = {}): JemTerms {
  const { x, labels, negatives, unlabeled } = batch;
  checkNotEmpty("negatives", negatives.shape[0]);
  checkNotEmpty("unlabeled", unlabeled?.shape[0]);
  checkJemOptions(options);
  return tidy(() => {
    const logits = head.logits(x);
    const positive = unlabeled ? head.logits(unlabeled) : logits;
    return factoredTerms({ logits, labels, positive, negative: head.logits(negatives) }, options);
  });
}
