import { foldIn, type Key } from "@jem-js/random";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import {
  checkBounds,
  checkEpsilon,
  checkInputs,
  checkInsideBounds,
  checkLabelRange,
  checkLabels,
  checkLoss,
  checkNorm,
  checkPositive,
  checkPositiveInteger,
  isTensor,
} from "./_check.ts";
import { asFunction, boundsOf } from "./_classify.ts";
import { predict } from "./_predict.ts";
import { takeRows } from "./_subtask.ts";
import type { AttackLoss, Norm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackRunOptions } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Labels } from "./labels.ts";
import { pgd } from "./pgd.ts";
import { type RobustAccuracyCurveOptions, type RobustnessCurve, robustAccuracyCurve } from "./robust_accuracy_curve.ts";
import { runAttack } from "./run_attack.ts";

/** What an attack in a ball is told. */
export interface BallOptions extends AttackRunOptions {
  /** The norm of the ball. */
  readonly norm: Norm;
  /** The radius of the ball. */
  readonly epsilon: number;
}

/** An attack in a ball on the examples that are still standing, such as `fab`. */
export type LabelAttack = (
  model: Classifier,
  x: Tensor,
  labels: Int32Array,
  options: BallOptions,
) => Promise<AttackResult>;

/** Options of {@linkcode robustAccuracy}. */
export interface RobustAccuracyOptions extends RobustAccuracyCurveOptions {
  /** The norm of the balls. */
  readonly norm: Norm;
  /** The attacks by their names, made one after another on what is still standing. @default {`pgd`, as the next options say} */
  readonly attacks?: Readonly<Record<string, LabelAttack>>;
  /** How many steps `pgd` takes. @default {20} */
  readonly steps?: number;
  /** The length of a step of `pgd` as a fraction of the radius. @default {2.5 / steps} */
  readonly relativeStepSize?: number;
  /** The loss that `pgd` raises. @default {"crossEntropy"} */
  readonly loss?: AttackLoss;
  /** The smallest and the largest value of an input. @default {those of the model, or [0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
  /** The key of what is random: example `i` of `x` draws from `foldIn(key, i)`. @default {`pgd` starts at x} */
  readonly key?: Key;
  /** How often each attack is made on what is still standing; more than once needs a key. @default {1} */
  readonly restarts?: number;
  /** How many examples are attacked at once. It does not change the result. @default {100} */
  readonly batchSize?: number;
}

/**
 * Measures which share of the examples a classifier still gets right when each is attacked at a number of radii, by {@linkcode pgd} or by
 * several attacks.
 *
 * `accuracy(epsilon) = mean over i of [smallestEpsilons[i] > epsilon]`: an example counts as broken from the smallest radius
 * on at which any attack succeeded, and at every radius if it is misclassified to begin with, so that the curve never rises.
 * Only examples that are still standing are attacked. `pgd` succeeds if any iterate of it is misclassified
 * (`returnBest`). Where a logit is NaN the example is misclassified. The result is an upper bound on the true robust
 * accuracy: more steps, other losses, other attacks and random starts can only lower it.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { robustAccuracy } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // margins change by 4 epsilon
 * const x = tf.tensor2d([[0.8, 0.2], [0.6, 0.4], [0.4, 0.6]]);
 * const curve = await robustAccuracy(model, x, [0, 0, 0], { norm: "linf", epsilons: [0, 0.15, 0.35] });
 * expect(curve.smallestEpsilons).toEqual(new Float64Array([0.35, 0.15, 0]));
 * expect(curve.accuracies).toEqual([2 / 3, 1 / 3, 0]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.06705 | Carlini et al., On evaluating adversarial robustness}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in `bounds`, at least one; borrowed.
 * @param labels The true classes: int32 `[examples]`, or an array; borrowed.
 * @param options The radii, the attack and the batches.
 * @returns The curve, of plain numbers and arrays.
 * @throws {TypeError} When the model, `x`, `labels`, the logits, `norm`, `loss` or `key` are of another kind or shape, or there are restarts without a key.
 * @throws {RangeError} When there are no examples, attacks or radii, a radius is negative, `steps`, `restarts` or `batchSize` no positive
 * integer, `relativeStepSize` not above 0, `bounds` not ascending, any of them not finite, `confidence` not above 0 and below 1, an input
 * outside `bounds`, or a label no class.
 */
export async function robustAccuracy(
  model: Classifier,
  x: Tensor,
  labels: Labels,
  options: RobustAccuracyOptions,
): Promise<RobustnessCurve> {
  const { norm, epsilons, steps = 20, loss = "crossEntropy", key, restarts = 1, batchSize = 100 } = options;
  const action = "measure robust accuracy";
  const classify = asFunction(action, model);
  const bounds = boundsOf(model, options.bounds);
  checkInputs(action, x);
  const examples = x.shape[0]!;
  if (examples === 0) throw new RangeError(`Cannot ${action}: x must hold at least one example but found none`);
  checkLabels(action, labels, examples);
  checkNorm(action, norm);
  if (epsilons.length === 0) throw new RangeError(`Cannot ${action}: epsilons must hold a radius but found none`);
  for (const epsilon of epsilons) checkEpsilon(action, epsilon);
  checkPositiveInteger(action, "steps", steps);
  const { relativeStepSize = 2.5 / steps } = options;
  checkPositive(action, "relativeStepSize", relativeStepSize);
  checkLoss(action, loss);
  checkBounds(action, bounds);
  checkPositiveInteger(action, "restarts", restarts);
  checkPositiveInteger(action, "batchSize", batchSize);
  if (key)
    foldIn(key, 0); // throws on what is no key
  else if (restarts > 1)
    throw new TypeError(`Cannot ${action}: key must be given for ${restarts} restarts but found none`);
  const { attacks = { pgd: pgdWith({ steps, relativeStepSize, loss }) } } = options;
  const names = Object.keys(attacks);
  if (names.length === 0) throw new RangeError(`Cannot ${action}: attacks must hold an attack but found none`);
  await checkInsideBounds(action, x, bounds);

  const given = isTensor(labels) ? await labels.data() : labels;
  const truth = Int32Array.from(given);
  const unbroken = (): Float64Array => new Float64Array(examples).fill(Number.POSITIVE_INFINITY);
  const clean = unbroken();
  const found = Object.fromEntries(names.map((name) => [name, unbroken()]));
  const standing = new Set(clean.keys());

  for (let from = 0; from < examples; from += batchSize) {
    const rows = Array.from({ length: Math.min(batchSize, examples - from) }, (_, i) => from + i);
    const batch = takeRows(x, rows);
    try {
      const { classes, numClasses } = await predict(classify, batch);
      checkLabelRange(action, given, numClasses);
      rows.forEach((row, i) => {
        if (classes[i] === truth[row]) return;
        clean[row] = 0;
        standing.delete(row);
      });
    } finally {
      batch.dispose();
    }
  }
  for (const epsilon of [...epsilons].sort((a, b) => a - b)) {
    if (epsilon === 0) continue; // The ball holds nothing but x.
    for (const name of names) {
      const rows = [...standing];
      if (rows.length === 0) continue;
      const batch = takeRows(x, rows);
      try {
        const target = Int32Array.from(rows, (row) => truth[row]!);
        const result = await attacks[name]!(model, batch, target, {
          norm,
          epsilon,
          bounds,
          restarts,
          batchSize,
          ...(key && { key: rows.map((row) => foldIn(key, row)) }),
        });
        dispose([result.raw, result.clipped]);
        rows.forEach((row, i) => {
          if (!result.success[i]) return;
          found[name]![row] = epsilon;
          standing.delete(row);
        });
      } finally {
        batch.dispose();
      }
    }
  }
  return robustAccuracyCurve({ clean, ...found }, options);
}

/** The attack that is made when none is given. */
function pgdWith(settings: Required<Pick<RobustAccuracyOptions, "steps" | "relativeStepSize" | "loss">>): LabelAttack {
  return (model, x, labels, options) => {
    const { norm, epsilon } = options;
    return runAttack(model, x, labels, {
      ...options,
      attack: ({ model, x, criterion, keys }) =>
        pgd(model, x, criterion, { norm, epsilon, ...settings, returnBest: true, ...(keys && { key: keys }) }),
    });
  };
}
