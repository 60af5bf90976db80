import { foldIn, normalValues, uniformValues } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkChoice, checkEpsilon, checkPositiveInteger } from "./_check.ts";
import { checkKeyGiven, type Found, walkAll } from "./_decide.ts";
import { distanceOf } from "./_distance.ts";
import { clip } from "./_points.ts";
import type { Norm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { DecisionExample, DecisionOptions, Walk } from "./decision_example.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";

/** Options of {@linkcode additiveNoise}. */
export interface AdditiveNoiseOptions extends DecisionOptions {
  /** The norm of the noise. */
  readonly norm: Norm;
  /** The length of the noise, at least 0, in the units of `x`. */
  readonly epsilon: number;
  /** What the noise is drawn from before it gets its length: normal, or uniform on `[-1, 1]`. @default {"gaussian"} */
  readonly noise?: "gaussian" | "uniform";
  /** How many draws there are, at most: the first that is adversarial ends the attack. @default {100} */
  readonly draws?: number;
}

/**
 * Adds random noise of given length to each input, several times: what an attack that searches must be better than.
 *
 * `clip(x + epsilon n / ||n||, bounds)`, with `||n||` the norm of the ball, largest magnitude for `"linf"`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { additiveNoise } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.52, 0.48], [0.9, 0.1]]);
 * const found = await additiveNoise(model, x, [0, 0], { key: key(0), norm: "l2", epsilon: 0.1 });
 * expect(found.status).toEqual(["success", "failed"]);
 * ```
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The key, the ball and the noise.
 * @returns For each example the first adversarial draw, or the last draw; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When an argument is of another kind or shape, or there is no key.
 * @throws {RangeError} When `draws` is no positive integer, or for the reasons of `runAttack`.
 */
export async function additiveNoise<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: AdditiveNoiseOptions,
): Promise<AttackResult<T>> {
  const { norm, epsilon, noise = "gaussian", draws = 100 } = options;
  const action = "attack";
  checkKeyGiven(action, options.key);
  checkChoice(action, "norm", norm, ["linf", "l2", "l1"]);
  checkEpsilon(action, epsilon);
  checkChoice(action, "noise", noise, ["gaussian", "uniform"]);
  checkPositiveInteger(action, "draws", draws);

  function* walk({ x, key, bounds: [low, high] }: DecisionExample, found: Found): Walk<boolean> {
    const zeros = new Float32Array(x.length);
    for (let draw = 0; draw < draws; draw++) {
      found.step = draw;
      const from = foldIn(key, draw);
      const offset = noise === "gaussian" ? normalValues(from, x.length) : uniformValues(from, x.length, { min: -1 });
      const scale = epsilon / Math.max(distanceOf(norm, offset, zeros), Number.MIN_VALUE);
      const candidate = x.map((value, i) => clip(value + scale * offset[i]!, low, high));
      found.closest = candidate;
      const [adversarial] = yield candidate;
      if (adversarial) return;
    }
  }

  return runAttack(model, x, criterion, {
    ...options,
    attack: (task) => walkAll(task, walk, { ask: task.isAdversarial, steps: draws }),
  });
}
