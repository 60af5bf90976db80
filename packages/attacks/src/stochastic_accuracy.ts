import { foldIn, type Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkInputs, checkKeys, checkLabelRange, checkLabels, checkPositiveInteger, isTensor } from "./_check.ts";
import { keysOf } from "./_norms.ts";
import { predict } from "./_predict.ts";
import { takeRows } from "./_subtask.ts";
import type { Labels } from "./labels.ts";
import type { StochasticModel } from "./stochastic_model.ts";

/** Options of {@linkcode stochasticAccuracy}. */
export interface StochasticAccuracyOptions {
  /** The key of the noise, other than that of the attack: a key for each example, or one of which example `i` gets `foldIn(key, i)`. */
  readonly key: Key | readonly Key[];
  /** How often each example is classified, at least 1. @default {20} */
  readonly draws?: number;
  /** How many examples are classified at once. It does not change the result. @default {100} */
  readonly batchSize?: number;
}

/** What {@linkcode stochasticAccuracy} measures. */
export interface StochasticAccuracy {
  /** The share of draws, over all examples, that are classified correctly: how often a single answer is right. */
  readonly meanAccuracy: number;
  /** The share of examples whose majority is correct. */
  readonly majorityAccuracy: number;
  /** Whether the majority of each example is correct. */
  readonly majorityCorrect: readonly boolean[];
  /** The class that most draws of each example gave, the first of equals; -1 where for most of them a logit was NaN. */
  readonly majorityClasses: Int32Array;
  /** How many draws of each example are classified correctly. */
  readonly correctDraws: Int32Array;
  /** How many draws of each example had a NaN among their logits, as when a chain explodes. They count as wrong. */
  readonly nanDraws: Int32Array;
}

/**
 * Measures how often a classifier that draws noise is right, on noise that no attack has seen: the share of draws, and of majorities.
 *
 * Make the attack on an `eotModel`, without an early stop, and hand its result to this function with another key: an input that is misclassified
 * once, in the draw that the attack looked at, is not adversarial. Measure the clean accuracy in the same way.
 *
 * @example Usage
 * ```ts
 * import { noisyModel, stochasticAccuracy } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const model = noisyModel((x) => x as tf.Tensor2D, { noiseScale: 0.5 });
 * const x = tf.tensor2d([[1, 0], [0.4, 0.6]]);
 * const result = await stochasticAccuracy(model, x, [0, 0], { key: key(0), draws: 100 });
 * expect(result.majorityCorrect).toEqual([true, false]);
 * expect(result.meanAccuracy).toBeGreaterThan(0.5); // some draws of the second example are right
 * ```
 *
 * @see {@link https://arxiv.org/abs/2003.01690 | Croce and Hein, Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks}
 *
 * @param model What `refinedModel` or `noisyModel` returns; borrowed.
 * @param x The inputs, perturbed or not, float32 `[examples, ...input]`, at least one; borrowed.
 * @param labels The true classes: int32 `[examples]`, or an array; borrowed.
 * @param options The key and the draws.
 * @returns The accuracies, of plain numbers and arrays.
 * @throws {TypeError} When `x`, `labels` or `key` are of another kind or shape.
 * @throws {RangeError} When there are no examples, `draws` or `batchSize` is no positive integer, or a label no class.
 */
export async function stochasticAccuracy(
  model: StochasticModel,
  x: Tensor,
  labels: Labels,
  options: StochasticAccuracyOptions,
): Promise<StochasticAccuracy> {
  const { key, draws = 20, batchSize = 100 } = options;
  const action = "measure stochastic accuracy";
  checkInputs(action, x);
  const examples = x.shape[0]!;
  if (examples === 0) throw new RangeError(`Cannot ${action}: x must hold at least one example but found none`);
  checkLabels(action, labels, examples);
  checkKeys(action, key, examples);
  checkPositiveInteger(action, "draws", draws);
  checkPositiveInteger(action, "batchSize", batchSize);
  const truth = isTensor(labels) ? await labels.data() : labels;
  const keys = keysOf(key, examples);

  const votes = Array.from({ length: examples }, () => new Map<number, number>());
  for (let from = 0; from < examples; from += batchSize) {
    const rows = Array.from({ length: Math.min(batchSize, examples - from) }, (_, i) => from + i);
    const batch = takeRows(x, rows);
    try {
      for (let draw = 0; draw < draws; draw++) {
        const drawKeys = rows.map((row) => foldIn(keys[row]!, draw));
        const { classes, numClasses } = await predict((z) => model.logits(z, drawKeys), batch);
        checkLabelRange(action, truth, numClasses);
        rows.forEach((row, i) => {
          votes[row]!.set(classes[i]!, (votes[row]!.get(classes[i]!) ?? 0) + 1);
        });
      }
    } finally {
      batch.dispose();
    }
  }

  const majorityClasses = Int32Array.from(votes, majority);
  const correctDraws = Int32Array.from(votes, (counts, i) => counts.get(truth[i]!) ?? 0);
  const majorityCorrect = Array.from(majorityClasses, (c, i) => c === truth[i]);
  return {
    meanAccuracy: correctDraws.reduce((total, count) => total + count, 0) / (examples * draws),
    majorityAccuracy: majorityCorrect.filter(Boolean).length / examples,
    majorityCorrect,
    majorityClasses,
    correctDraws,
    nanDraws: Int32Array.from(votes, (counts) => counts.get(-1) ?? 0),
  };
}

/** The class with most votes, the first of equals. */
function majority(votes: ReadonlyMap<number, number>): number {
  const [first] = [...votes].sort(([a, m], [b, n]) => n - m || a - b);
  return first![0];
}
