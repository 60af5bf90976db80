import { foldIn } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkChoice, checkPositiveInteger } from "./_check.ts";
import { checkKeyGiven, type Found, walkAll } from "./_decide.ts";
import { distanceOf } from "./_distance.ts";
import { pepper } from "./_pepper.ts";
import type { DistanceNorm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { DecisionExample, DecisionOptions, Walk } from "./decision_example.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";

/** Options of {@linkcode saltAndPepper}. */
export interface SaltAndPepperOptions extends DecisionOptions {
  /** In what the perturbation is to be small. @default {"l2"} */
  readonly norm?: DistanceNorm;
  /** The radius at which `success` is judged, at least 0. @default {undefined: any distance will do} */
  readonly epsilon?: number;
  /** How many draws there are. @default {1000} */
  readonly steps?: number;
  /** Whether all channels of a pixel, the last of three axes, change together. @default {true} */
  readonly acrossChannels?: boolean;
}

/**
 * Draws salt-and-pepper noise and keeps the closest adversarial input: pixels get the smallest or the largest value.
 *
 * The share `p` of changed pixels grows from `1 / steps` in steps of as much. After a success at `p` that is closer than those before, it starts
 * again from `p / 2`, up to `min(1.2 p, 1)`, in steps that use up the draws left, and again whenever it has got there. Draws that are not closer are
 * not asked about.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { saltAndPepper } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // class 0 as long as x[0] >= x[1]
 * const x = tf.tensor2d([[0.9, 0.1]]);
 * const { distances } = await saltAndPepper(model, x, [0], { key: key(0), norm: "l0", steps: 100 });
 * expect([...distances]).toEqual([1]);
 * ```
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The key, the norm and the draws.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When an argument is of another kind or shape, or there is no key.
 * @throws {RangeError} When `steps` is no positive integer, or for the reasons of `runAttack`.
 */
export async function saltAndPepper<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: SaltAndPepperOptions,
): Promise<AttackResult<T>> {
  const { norm = "l2", steps = 1000, acrossChannels = true } = options;
  const action = "attack";
  checkKeyGiven(action, options.key);
  checkChoice(action, "norm", norm, ["l0", "l1", "l2", "linf"]);
  checkPositiveInteger(action, "steps", steps);

  function* walk(example: DecisionExample, found: Found): Walk<boolean> {
    let closest = Number.POSITIVE_INFINITY;
    let [smallest, largest, stride] = [0, 1, 1 / steps];
    let amount = stride;
    for (let step = 0; step < steps; step++) {
      found.step = step;
      const candidate = pepper(example, foldIn(example.key, step), amount, acrossChannels);
      const distance = distanceOf(norm, candidate, example.x);
      // What equals x is not adversarial.
      const [adversarial] = distance > 0 && distance < closest ? yield candidate : [false];
      if (adversarial) {
        closest = distance;
        found.closest = candidate;
        [smallest, largest] = [amount / 2, Math.min(1.2 * amount, 1)];
        stride = (largest - smallest) / (steps - step);
      }
      if (adversarial || amount === largest) amount = smallest;
      amount = Math.min(amount + stride, largest);
    }
  }

  return runAttack(model, x, criterion, {
    ...options,
    norm,
    attack: (task) => walkAll(task, walk, { ask: task.isAdversarial, steps }),
  });
}
