import type { Labels } from "@jem-js/energy";
import {
  add,
  logSumExp,
  mean,
  mul,
  type Scalar,
  softmax,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkNotEmpty, checkWeights } from "./_check.ts";
import { checkJemOptions, factoredTerms } from "./_factored.ts";
import type { JemBatch, JemOptions, JemTerms } from "./jem.ts";
import type { LogitsModel } from "./model.ts";

/** What {@linkcode semiSupervisedJem} learns from: three batches, each of a size of its own. */
export interface SemiSupervisedBatch extends JemBatch {
  /** Data for `p(x)`, `[unlabeled, ...input]`, drawn independently of the labelled examples. */
  readonly unlabeled: Tensor;
}

/** Options of {@linkcode semiSupervisedJem}. */
export interface SemiSupervisedOptions extends JemOptions {
  /** The weight `beta` of the mean entropy of `p(y|x)` on the unlabelled data. At least 0. @default {0} */
  readonly entropyWeight?: number;
}

/** The loss of {@linkcode semiSupervisedJem} and its parts. */
export interface SemiSupervisedTerms extends JemTerms {
  /** The mean entropy of `p(y|x)` on the unlabelled data, in nats. */
  readonly entropy: Scalar;
}

/**
 * Joint training with few labels: `-log p(y|x)` learns from the labelled examples, `-log p(x)` from unlabelled data,
 * and the entropy of `p(y|x)` on the latter, if it has a weight, moves decision boundaries away from data.
 *
 * `loss = jem(...) + entropyWeight mean_u H(p(y|x_u))`. The labelled batch may be of any size: where it is empty, as when
 * the labels among mixed data are told apart, `crossEntropy` and `accuracy` are 0. Better, draw it apart from the unlabelled
 * one and with replacement: where there are fewer labels than a batch holds, a loader that drops incomplete batches yields
 * none. What has a label may be among the unlabelled data too.
 *
 * Use it when most data has no labels; with a label for each example use {@linkcode jem}.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { semiSupervisedJem } from "@jem-js/objectives";
 * import { key, normal, randintValues } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const few = [[2, 0], [0, 2], [0, 3]]; // three labelled examples
 * const drawn = [...randintValues(key(0), 8, { max: few.length })]; // a batch of 8 of them, with replacement
 * const { crossEntropy, entropy } = semiSupervisedJem(head, {
 *   x: tf.tensor2d(drawn.map((i) => few[i]!)),
 *   labels: drawn.map((i) => [0, 1, 1][i]!),
 *   unlabeled: normal(key(1), [64, 2]),
 *   negatives: normal(key(2), [32, 2]),
 * }, { entropyWeight: 0.1 });
 * expect((await crossEntropy.data())[0]).toBeLessThan(Math.log(2));
 * expect((await entropy.data())[0]).toBeLessThan(Math.log(2));
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM}
 * @see {@link https://arxiv.org/abs/2010.04230 | Grathwohl et al., No MCMC for me (VERA)}, for the entropy term
 * @see {@link https://papers.nips.cc/paper/2740-semi-supervised-learning-by-entropy-minimization | Grandvalet and Bengio, Semi-supervised learning by entropy minimization}
 *
 * @param head The classifier; differentiable with respect to its variables.
 * @param batch Labelled examples, unlabelled data and negatives, `[..., ...input]` each, borrowed.
 * @param options The weights of the terms.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When `unlabeled` or `negatives` is empty, or the labels do not fit `x`.
 * @throws {RangeError} When a weight is negative or not finite, or a label given as an array is outside [0, classes).
 */
export function semiSupervisedJem(
  head: LogitsModel,
  batch: SemiSupervisedBatch,
  options: SemiSupervisedOptions = {},
): SemiSupervisedTerms {
  const { x, labels, unlabeled, negatives } = batch;
  const { entropyWeight = 0 } = options;
  checkNotEmpty("negatives", negatives.shape[0]);
  checkNotEmpty("unlabeled", unlabeled.shape[0]);
  if (x.shape[0] === 0) checkNoLabels(labels);
  checkJemOptions(options);
  checkWeights({ entropyWeight });
  return tidy(() => {
    const positive = head.logits(unlabeled);
    // Not every network and backend takes an empty batch.
    const logits = x.shape[0] === 0 ? undefined : head.logits(x);
    const terms = factoredTerms({ logits, labels, positive, negative: head.logits(negatives) }, options);
    const entropy = meanEntropy(positive);
    return { ...terms, loss: add(terms.loss, mul(entropy, entropyWeight)) as Scalar, entropy };
  });
}

function checkNoLabels(labels: Labels): void {
  const count = "dataId" in labels ? labels.size : labels.length;
  if (count !== 0) throw new TypeError(`Cannot compute the loss: labels must be [0] but found [${count}]`);
}

/** The mean entropy of `softmax(logits)`, in nats: `logsumexp_k f[k] - sum_k p_k f[k]`. */
function meanEntropy(logits: Tensor2D): Scalar {
  return mean(sub(logSumExp(logits, 1), sum(mul(softmax(logits), logits), 1)));
}
