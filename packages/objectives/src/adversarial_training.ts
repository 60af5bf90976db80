import type { Labels } from "@jem-js/energy";
import { add, mul, type Scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkSameShape } from "./_check.ts";
import { detach } from "./_detach.ts";
import { crossEntropyOfLogits } from "./_loss.ts";
import { unrecorded } from "./_unrecorded.ts";
import type { LabeledBatch } from "./cross_entropy.ts";
import type { LogitsModel } from "./model.ts";

/**
 * Makes of a labelled batch `x: [batch, ...input]` (borrowed) inputs of the same shape that the classifier should get wrong, a tensor that the
 * caller owns: `(head, x, labels) => pgd(head, x, labels, { norm: "linf", epsilon, steps: 10 })` of `@jem-js/attacks`.
 */
export type Perturb<Head extends LogitsModel = LogitsModel> = (head: Head, x: Tensor, labels: Labels) => Tensor;

/** Options of {@linkcode adversarialTraining}. */
export interface AdversarialTrainingOptions<Head extends LogitsModel = LogitsModel> {
  /** The attack. */
  readonly perturb: Perturb<Head>;
  /** The weight `w` of the loss of the inputs as they are, from 0 to 1; 0 for Madry et al., a half for Goodfellow et al. @default {0} */
  readonly cleanWeight?: number;
}

/**
 * The objective of adversarial training: the cross-entropy where an attack has moved the inputs to, with PGD the PGD-AT that robust classifiers are
 * compared with.
 *
 * `loss = (1 - w) CE(f(perturb(x)), y) + w CE(f(x), y)`. The perturbed inputs are constants of the gradient (Danskin's theorem), and nothing of the attack
 * is kept for it. An attack that averages over noise, such as that of SmoothAdv, goes with a head that adds noise.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { adversarialTraining } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const weights = tf.variable(tf.tensor2d([[1, -1]]));
 * const head = energyHead((x) => tf.matMul(x, weights) as tf.Tensor2D, { variables: [weights] });
 * // A step of the fast gradient sign method; pgd() is stronger.
 * const perturb = (model: typeof head, x: tf.Tensor) => tf.tidy(() => tf.sub(x, tf.mul(tf.sign(model.score(x, [0, 0])), 0.25)));
 *
 * const batch = { x: tf.tensor2d([[0.5], [1]]), labels: [0, 0] };
 * const loss = tf.train.sgd(0.1).minimize(() => adversarialTraining(head, batch, { perturb }), true)!;
 * const expected = [0.25, 0.75].map((x) => Math.log(1 + Math.exp(-2 * x)) / 2).reduce((a, b) => a + b);
 * expect((await loss.data())[0]).toBeCloseTo(expected, 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.06083 | Madry et al., Towards deep learning models resistant to adversarial attacks}
 *
 * @param head The classifier; differentiable with respect to its variables.
 * @param batch The labelled examples, `x: [batch, ...input]`, borrowed.
 * @param options The attack and the weight of clean inputs.
 * @returns The loss, a scalar owned by the caller.
 * @throws {TypeError} When the batch is empty, the labels do not fit it, or `perturb` returns another shape.
 * @throws {RangeError} When `cleanWeight` is not from 0 to 1, or a label given as an array is outside [0, classes).
 */
export function adversarialTraining<Head extends LogitsModel>(
  head: Head,
  batch: LabeledBatch,
  options: AdversarialTrainingOptions<Head>,
): Scalar {
  const { perturb, cleanWeight = 0 } = options;
  const { x, labels } = batch;
  if (!(cleanWeight >= 0 && cleanWeight <= 1)) {
    throw new RangeError(`Cannot compute the loss: cleanWeight must be from 0 to 1 but found ${cleanWeight}`);
  }
  return tidy(() => {
    const perturbed = unrecorded(() => tidy(() => detach(perturb(head, x, labels))));
    checkSameShape("perturbed inputs", perturbed, "x", x);
    const adversarial = crossEntropyOfLogits(head.logits(perturbed), labels);
    if (cleanWeight === 0) return adversarial;
    const clean = crossEntropyOfLogits(head.logits(x), labels);
    return add(mul(adversarial, 1 - cleanWeight), mul(clean, cleanWeight)) as Scalar;
  });
}
