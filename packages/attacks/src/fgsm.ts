import type { Tensor } from "@tensorflow/tfjs-core";
import type { AttackOptions } from "./attack_options.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";
import { pgd } from "./pgd.ts";

/** Options of {@linkcode fgsm}. */
export type FgsmOptions = AttackOptions;

/**
 * Attacks with one step to the edge of the ball: the fast gradient sign method, or the fast gradient method for `"l2"`.
 *
 * The same as {@linkcode pgd} with `steps: 1` and `relativeStepSize: 1`. It is an attack to compare others with, not one to
 * measure robustness by: {@linkcode pgd} should never do worse.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { fgsm } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const weights = tf.tensor2d([[1, -1], [0, 2]]);
 * const model = (x: tf.Tensor): tf.Tensor2D => tf.matMul(x as tf.Tensor2D, weights);
 *
 * const x = tf.tensor2d([[0.75, 0.25]]); // class 0, whose logit falls with the first element
 * const adversarial = fgsm(model, x, [0], { norm: "linf", epsilon: 0.5 });
 * expect([...(await adversarial.data())]).toEqual([0.25, 0.75]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1412.6572 | Goodfellow et al., Explaining and harnessing adversarial examples}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[batch, ...input]`, in `bounds`; borrowed.
 * @param labels The classes to leave, or with `targeted` to reach: int32 `[batch]`, or an array; or a criterion; borrowed.
 * @param options The ball.
 * @returns The perturbed inputs, shape of `x`, owned by the caller.
 * @throws {TypeError} When the model, `x`, `labels`, the logits, `norm` or `loss` are of another kind or shape.
 * @throws {RangeError} When `epsilon` is negative or not finite, `bounds` not ascending, or a label given in an array no
 * class.
 */
export function fgsm<T extends Tensor>(model: Classifier, x: T, labels: Labels | Criterion, options: FgsmOptions): T {
  return pgd(model, x, labels, { ...options, steps: 1, relativeStepSize: 1 });
}
