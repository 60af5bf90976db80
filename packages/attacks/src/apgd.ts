import type { Tensor } from "@tensorflow/tfjs-core";
import { ascend, chosen, namedLossOf } from "./_apgd.ts";
import { reach } from "./_apgd_targeted.ts";
import {
  checkEpsilon,
  checkFraction,
  checkGoal,
  checkLoss,
  checkNorm,
  checkPositiveInteger,
  checkTargetClasses,
} from "./_check.ts";
import type { AttackLoss, Norm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackRunOptions } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";

/** Options of {@linkcode apgd}. */
export interface ApgdOptions extends AttackRunOptions {
  /** The norm of the ball. */
  readonly norm: Norm;
  /** The radius of the ball, at least 0, in the units of `x`. */
  readonly epsilon: number;
  /** The loss to raise: APGD-CE or APGD-DLR. @default {"crossEntropy"} */
  readonly loss?: AttackLoss;
  /**
   * Instead of raising `loss`, reaches for one class after another, those with the largest logits at `x` but for the label, with the targeted
   * DLR loss: APGD-T, whose usual number is 9. @default {undefined: `loss` is raised}
   */
  readonly targetClasses?: number;
  /** How many steps to take for each restart and class. @default {100} */
  readonly steps?: number;
  /** The share of steps that must raise the loss, or the step is halved; from 0 to 1. Not used in L1. @default {0.75} */
  readonly risingShare?: number;
  /** Whether examples are done with once they are adversarial. For classifiers that are random, set it to false. @default {true} */
  readonly stopEarly?: boolean;
}

/**
 * Searches the ball of radius `epsilon` by gradient ascent with momentum whose steps are halved where they do not help: auto-PGD.
 *
 * From `x`, or with a `key` from a random point at the surface of the ball, `u = P(x + eta N(g))` and
 * `x <- P(x + 0.75 (u - x) + 0.25 (x - x_previous))`, at the first step `x <- u`; `eta` is `2 epsilon` at first. At checkpoints, whose distance
 * shrinks, examples whose loss rose in too few steps, or whose best did not change since, halve `eta` and go on from their best. `P` projects onto the
 * ball, then clips; `N` is as in `pgd`. `raw` is the last adversarial iterate, or where there is none the one with the highest loss.
 *
 * In L1 the steps are sparse and `P` projects onto ball and bounds at once: `x <- P(x + eta epsilon s / |s|)`, `s` the signs of the `k` largest elements of
 * the gradient. `k` is a fifth of the elements at first, then at each checkpoint 1/1.5 of how many the best point has changed; `eta` is 1, and 1/1.5 of what it was
 * where that number fell by less than 5 %, but at least 0.1. Three tenths of the steps are made in a ball of three times the radius, three in one of twice the
 * radius; each starts from the best of the ball before.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { apgd } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.9, 0.2], [0.6, 0.5]]);
 * const { success } = await apgd(model, x, [0, 0], { norm: "linf", epsilon: 0.1, key: key(0) });
 * expect(success).toEqual([false, true]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2003.01690 | Croce and Hein, Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks}
 * @see {@link https://arxiv.org/abs/2103.01208 | Croce and Hein, Mind the box: l1-APGD for sparse adversarial attacks on image classifiers}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The ball and the steps.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When an argument is of another kind or shape, `loss` does not go with the criterion, or `targetClasses` is given with classes to
 * reach.
 * @throws {RangeError} When `steps` or `targetClasses` is no positive integer, `risingShare` not from 0 to 1, or for the reasons of `runAttack`.
 */
export async function apgd<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: ApgdOptions,
): Promise<AttackResult<T>> {
  const { norm, epsilon, loss = "crossEntropy", targetClasses, steps = 100, risingShare = 0.75 } = options;
  const { stopEarly = true } = options;
  const action = "attack";
  checkNorm(action, norm);
  checkEpsilon(action, epsilon);
  checkLoss(action, loss);
  if (loss !== "margin" || targetClasses !== undefined) checkGoal(action, criterion);
  if (targetClasses !== undefined) checkTargetClasses(action, criterion, targetClasses);
  checkPositiveInteger(action, "steps", steps);
  checkFraction(action, "risingShare", risingShare);
  const settings = { norm, epsilon, steps, risingShare, stopEarly };
  return runAttack(model, x, criterion, {
    ...options,
    attack: async (task) =>
      targetClasses === undefined
        ? chosen(await ascend(task, namedLossOf(loss), settings), task.x.shape)
        : reach(task, targetClasses, settings),
  });
}
