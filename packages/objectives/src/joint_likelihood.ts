import type { Labels } from "@jem-js/energy";
import type { Tensor } from "@tensorflow/tfjs-core";
import { contrastiveTerms } from "./_contrast.ts";
import type { ContrastiveOptions, ContrastiveTerms } from "./contrastive_divergence.ts";
import type { LabeledBatch } from "./cross_entropy.ts";
import type { DensityModel } from "./model.ts";

/** What {@linkcode jointLikelihood} learns from. */
export interface JointBatch extends LabeledBatch {
  /** Samples of the model, `[negatives, ...input]`. */
  readonly negatives: Tensor;
  /** Their labels, drawn from the model too, `[negatives]`: `categorical(key, head.logits(negatives))`. */
  readonly negativeLabels: Labels;
}

/**
 * The joint objective `-log p(x, y)`: both the inputs and the labels of the negatives are drawn from the model.
 *
 * `loss = mean f(x-)[y-] - mean f(x+)[y+]`. In expectation over `y- ~ p(y|x-)` its gradient is that of {@linkcode jem}
 * with both weights 1, which takes that expectation exactly: this form has more noise, and where the labels come from
 * the chains too their bias enters `p(y|x)`. Use it to compare with the factored objective (the ablation "p(x, y)" of
 * JEM), or where the sampler yields pairs `(x, y)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { jointLikelihood } from "@jem-js/objectives";
 * import { categorical, key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const negatives = tf.tensor2d([[100, 3]]);
 * const negativeLabels = categorical(key(0), head.logits(negatives)); // 0, almost surely
 * const { loss } = jointLikelihood(head, { x: tf.tensor2d([[1, 2]]), labels: [1], negatives, negativeLabels });
 * expect((await loss.data())[0]).toBe(98); // 100 - 2
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM}
 *
 * @param model The density with labels, `[batch, ...input]` to `[batch]`.
 * @param batch Data and negatives with their labels, borrowed.
 * @param options The form and the energy penalty.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When a batch is empty or labels do not fit.
 * @throws {RangeError} When `form` is unknown, `energyL2` is negative, or a label given as an array is outside
 * [0, classes).
 */
export function jointLikelihood(
  model: DensityModel,
  batch: JointBatch,
  options: ContrastiveOptions = {},
): ContrastiveTerms {
  const { x, labels, negatives, negativeLabels } = batch;
  return contrastiveTerms(
    { x: x.shape[0], negatives: negatives.shape[0] },
    () => ({ positive: model.logDensity(x, labels), negative: model.logDensity(negatives, negativeLabels) }),
    options,
  );
}
