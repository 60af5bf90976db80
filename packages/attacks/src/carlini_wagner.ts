import type { Tensor } from "@tensorflow/tfjs-core";
import { search } from "./_carlini_wagner.ts";
import { checkNonNegative, checkPositive, checkPositiveInteger } from "./_check.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackRunOptions } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";

/** Options of {@linkcode carliniWagner}. */
export interface CarliniWagnerOptions extends AttackRunOptions {
  /** The radius at which `success` is judged, at least 0. @default {undefined: any distance will do} */
  readonly epsilon?: number;
  /** How many weights of the margin are tried for each example. @default {9} */
  readonly searchSteps?: number;
  /** How many steps to take with each weight, at most. @default {10000} */
  readonly steps?: number;
  /** The step size of Adam, above 0. @default {0.01} */
  readonly stepSize?: number;
  /** The first weight of the margin, above 0. @default {0.001} */
  readonly initialWeight?: number;
  /** The margin that an adversarial example must have, at least 0. @default {0} */
  readonly confidence?: number;
  /**
   * Whether an example is done with a weight when a tenth of the steps has not lowered its loss by a ten-thousandth.
   * @default {true}
   */
  readonly stopEarly?: boolean;
}

/**
 * Searches for the smallest L2 perturbation by minimizing its square and the margin that is lacking: Carlini and Wagner's attack.
 *
 * With `x' = low + (high - low) (tanh(w + d) + 1) / 2`, where `w` is that of `x`, Adam minimizes
 * `||x' - x||^2 + c relu(confidence - margin(x'))` over `d`. The weight `c` is ten times larger after each failure until the first
 * success, then found by bisection. The closest point that met the criterion, of all weights, counts.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { carliniWagner } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.6, 0.4]]);
 * const { distances } = await carliniWagner(model, x, [0], { steps: 200, initialWeight: 1, searchSteps: 5 });
 * expect(distances[0]! / (0.2 / Math.SQRT2)).toBeCloseTo(1, 1);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1608.04644 | Carlini and Wagner, Towards evaluating the robustness of neural networks}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The search and the steps.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When an argument is of another kind or shape.
 * @throws {RangeError} When `searchSteps` or `steps` is no positive integer, `stepSize` or `initialWeight` not above 0, `confidence` negative, or
 * for the reasons of `runAttack`.
 */
export async function carliniWagner<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: CarliniWagnerOptions = {},
): Promise<AttackResult<T>> {
  const { searchSteps = 9, steps = 10000, stepSize = 0.01, initialWeight = 1e-3, confidence = 0 } = options;
  const { stopEarly = true } = options;
  const action = "attack";
  checkPositiveInteger(action, "searchSteps", searchSteps);
  checkPositiveInteger(action, "steps", steps);
  checkPositive(action, "stepSize", stepSize);
  checkPositive(action, "initialWeight", initialWeight);
  checkNonNegative(action, "confidence", confidence);
  return runAttack(model, x, criterion, {
    ...options,
    norm: "l2",
    attack: (task) => search(task, { searchSteps, steps, stepSize, initialWeight, confidence, stopEarly }),
  });
}
