import { foldIn, type Key } from "@jem-js/random";
import { gather, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
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
import type { AttackLoss, Norm } from "./attack_options.ts";
import type { Classifier } from "./classifier.ts";
import type { Labels } from "./labels.ts";
import { pgd } from "./pgd.ts";

/** Options of {@linkcode robustAccuracy}. */
export interface RobustAccuracyOptions {
  /** The norm of the balls. */
  readonly norm: Norm;
  /** The radii of the balls, each at least 0, in the units of `x`, in any order. */
  readonly epsilons: readonly number[];
  /** How many steps each attack takes. @default {20} */
  readonly steps?: number;
  /** The length of a step as a fraction of the radius. @default {2.5 / steps} */
  readonly relativeStepSize?: number;
  /** The loss that the attacks raise. @default {"crossEntropy"} */
  readonly loss?: AttackLoss;
  /** The smallest and the largest value of an input. @default {those of the model, or [0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
  /**
   * The key of random starts, as in {@linkcode pgd}: example `i` of `x` draws from `foldIn(key, i)`.
   * @default {the attacks start at x}
   */
  readonly key?: Key;
  /** How many examples are attacked at once. It does not change the result. @default {100} */
  readonly batchSize?: number;
}

/** What {@linkcode robustAccuracy} measures. */
export interface RobustnessCurve {
  /** The radii, in the order in which they were given. */
  readonly epsilons: readonly number[];
  /** The share of examples that are classified correctly without an attack and under those of all radii up to this one. */
  readonly accuracies: readonly number[];
  /** The share of examples that are classified correctly without an attack. */
  readonly cleanAccuracy: number;
  /** For each example the smallest radius at which it is misclassified: 0 without an attack, Infinity if at none. */
  readonly smallestEpsilons: Float64Array;
}

/**
 * Measures which share of the examples a classifier still gets right when each is attacked by {@linkcode pgd} at a number
 * of radii.
 *
 * `accuracy(epsilon) = mean over i of [smallestEpsilons[i] > epsilon]`: an example counts as broken from the smallest radius
 * on at which an attack succeeded, and at every radius if it is misclassified to begin with, so that the curve never rises.
 * Only examples that are still standing are attacked. An attack succeeds if any iterate of it is misclassified
 * (`returnBest`). Where a logit is NaN the example is misclassified. The result is an upper bound on the true robust
 * accuracy: more steps, other losses and random starts can only lower it.
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
 * @throws {TypeError} When the model, `x`, `labels`, the logits, `norm`, `loss` or `key` are of another kind or shape.
 * @throws {RangeError} When there are no examples or no radii, a radius is negative, `steps` or `batchSize` no positive
 * integer, `relativeStepSize` not above 0, `bounds` not ascending, any of them not finite, an input outside `bounds`, or a
 * label no class.
 */
export async function robustAccuracy(
  model: Classifier,
  x: Tensor,
  labels: Labels,
  options: RobustAccuracyOptions,
): Promise<RobustnessCurve> {
  const { norm, epsilons, steps = 20, loss = "crossEntropy", key, batchSize = 100 } = options;
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
  checkPositiveInteger(action, "batchSize", batchSize);
  if (key) foldIn(key, 0); // throws on what is no key
  await checkInsideBounds(action, x, bounds);

  const classes = isTensor(labels) ? await labels.data() : labels;
  const smallestEpsilons = new Float64Array(examples).fill(Number.POSITIVE_INFINITY);

  /** Marks as broken at `epsilon` those of `indices` for which `inputs` makes inputs that are misclassified. */
  async function mark(
    epsilon: number,
    indices: readonly number[],
    inputs: (indices: number[]) => Tensor,
  ): Promise<void> {
    for (let from = 0; from < indices.length; from += batchSize) {
      const batch = indices.slice(from, from + batchSize);
      const attacked = inputs(batch);
      try {
        const predictions = await predict(classify, attacked);
        checkLabelRange(action, classes, predictions.numClasses);
        batch.forEach((index, i) => {
          if (predictions.classes[i] !== classes[index]) smallestEpsilons[index] = epsilon;
        });
      } finally {
        attacked.dispose();
      }
    }
  }

  function attack(epsilon: number, indices: number[]): Tensor {
    return tidy(() => {
      const clean = rows(x, indices);
      const batchLabels = indices.map((index) => classes[index]!);
      return pgd(model, clean, batchLabels, {
        norm,
        epsilon,
        steps,
        relativeStepSize,
        loss,
        bounds,
        returnBest: true,
        ...(key && { key: indices.map((index) => foldIn(key, index)) }),
      });
    });
  }

  const everyone = Array.from({ length: examples }, (_, i) => i);
  await mark(0, everyone, (indices) => rows(x, indices));
  for (const epsilon of [...epsilons].sort((a, b) => a - b)) {
    const standing = everyone.filter((i) => smallestEpsilons[i] === Number.POSITIVE_INFINITY);
    // The ball of radius 0 holds nothing but x.
    if (epsilon > 0) await mark(epsilon, standing, (indices) => attack(epsilon, indices));
  }

  const accuracyAt = (epsilon: number): number =>
    smallestEpsilons.reduce((count, smallest) => count + (smallest > epsilon ? 1 : 0), 0) / examples;
  return {
    epsilons: [...epsilons],
    accuracies: epsilons.map(accuracyAt),
    cleanAccuracy: accuracyAt(0),
    smallestEpsilons,
  };
}

function rows(x: Tensor, indices: number[]): Tensor {
  return tidy(() => gather(x, tensor1d(indices, "int32")));
}
