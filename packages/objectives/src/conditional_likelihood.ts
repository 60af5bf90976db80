import type { Tensor } from "@tensorflow/tfjs-core";
import { checkSameCount } from "./_check.ts";
import { contrastiveTerms } from "./_contrast.ts";
import type { ContrastiveOptions, ContrastiveTerms } from "./contrastive_divergence.ts";
import type { LabeledBatch } from "./cross_entropy.ts";
import type { DensityModel } from "./model.ts";

/** What {@linkcode conditionalLikelihood} learns from. */
export interface ConditionalBatch extends LabeledBatch {
  /** Samples of `p(x|y)` at the labels of the data, `[batch, ...input]`: the i-th chain ran on `f(x)[labels[i]]`. */
  readonly negatives: Tensor;
}

/**
 * The class-conditional objective `-log p(x|y)`: the negatives are samples at the labels of the data, and both sides
 * are read at those labels.
 *
 * `loss = mean f(x-)[y] - mean f(x+)[y]`. Each class has a normaliser of its own, which the gradient cannot see, so
 * that nothing ties the logits of different classes together: as the only term of a classifier it costs much accuracy.
 * It is the ablation "p(x|y)" of JEM and what `--p_x_y_weight` of its reference code computes; the joint objective is
 * {@linkcode jointLikelihood}. Use it for class-conditional generation (conditional IGEBM), or added to
 * {@linkcode jem}.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { conditionalLikelihood } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const batch = { x: tf.tensor2d([[1, 2]]), labels: [1], negatives: tf.tensor2d([[9, 3]]) };
 * const { loss } = conditionalLikelihood(head, batch);
 * expect((await loss.data())[0]).toBe(1); // 3 - 2
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM, table 1 (the ablation "p(x|y) factored")}
 *
 * @param model The density with labels, `[batch, ...input]` to `[batch]`.
 * @param batch Data, labels and as many negatives, borrowed.
 * @param options The form and the energy penalty.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When a batch is empty, the labels do not fit, or there are not as many negatives as data.
 * @throws {RangeError} When `form` is unknown, `energyL2` is negative, or a label given as an array is outside
 * [0, classes).
 */
export function conditionalLikelihood(
  model: DensityModel,
  batch: ConditionalBatch,
  options: ContrastiveOptions = {},
): ContrastiveTerms {
  const { x, labels, negatives } = batch;
  checkSameCount("negatives", negatives, "x", x);
  return contrastiveTerms(
    { x: x.shape[0], negatives: negatives.shape[0] },
    () => ({ positive: model.logDensity(x, labels), negative: model.logDensity(negatives, labels) }),
    options,
  );
}
