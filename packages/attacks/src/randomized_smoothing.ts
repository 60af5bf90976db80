import { foldIn, type Key } from "@jem-js/random";
import { broadcastTo, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { clopperPearsonLower } from "./_binomial.ts";
import { checkInputs, checkKeys, checkPositiveInteger } from "./_check.ts";
import { normalQuantile } from "./_normal_quantile.ts";
import { keysOf } from "./_norms.ts";
import { predict } from "./_predict.ts";
import { takeRows } from "./_subtask.ts";
import type { Classifier } from "./classifier.ts";
import { noisyModel } from "./noisy_model.ts";

/** Options of {@linkcode randomizedSmoothing}. */
export interface RandomizedSmoothingOptions {
  /** The standard deviation `sigma` of the noise, above 0, in the units of `x`. */
  readonly noiseScale: number;
  /** The key of the noise: a key for each example, or one of which example `i` gets `foldIn(key, i)`. */
  readonly key: Key | readonly Key[];
  /** How many draws choose the class, at least 1. @default {100} */
  readonly selectionDraws?: number;
  /** How many draws bound its probability, at least 1; 100000 in the paper. They bound the radius from above, too. @default {1000} */
  readonly draws?: number;
  /** The probability that a certificate is wrong, above 0 and below 1. @default {0.001} */
  readonly alpha?: number;
  /** How many draws are classified at once. It does not change the result. @default {100} */
  readonly batchSize?: number;
}

/** What {@linkcode randomizedSmoothing} certifies. */
export interface SmoothingCertificates {
  /** The class of each example, -1 where the smoothed classifier abstains. */
  readonly classes: Int32Array;
  /** The L2 radius within which no perturbation changes that class; 0 where it abstains. */
  readonly radii: Float64Array;
  /** The lower bound of the probability of the class that was chosen. */
  readonly lowerBounds: Float64Array;
}

/**
 * Certifies the smoothed classifier `g(x) = argmax_c P(f(x + sigma e) = c)`, `e ~ N(0, I)`: the class of each example and an L2 radius within
 * which it is constant.
 *
 * The class that `selectionDraws` draws give most often is the candidate. Of `draws` other draws, `k` give it, and with probability `1 - alpha`
 * its probability is at least `p`, the Clopper-Pearson bound. The radius is `sigma Phi^-1(p)`; where `p` is not above a half the classifier
 * abstains. With `n` draws no radius is larger than `sigma Phi^-1(alpha^(1/n))`.
 *
 * Certified accuracy at `r`, the share of examples with the right class and a radius above `r`, is a lower bound of robust accuracy:
 * `robustAccuracyCurve` makes the curve of it, of radii that are 0 where the class is wrong.
 *
 * @example Usage
 * ```ts
 * import { randomizedSmoothing, robustAccuracyCurve } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const weights = tf.tensor2d([[1, -1]]);
 * const classifier = (x: tf.Tensor) => tf.matMul(x, weights) as tf.Tensor2D; // class 0 while x > 0: g is robust up to |x|
 * const labels = [0, 0, 1];
 * const { classes, radii } = await randomizedSmoothing(classifier, tf.tensor2d([[0.6], [-0.6], [0]]), {
 *   noiseScale: 0.5,
 *   key: key(0),
 * });
 * expect([...classes]).toEqual([0, 1, -1]);
 * expect(radii[0]! > 0.4 && radii[0]! < 0.6).toBe(true);
 *
 * const certified = radii.map((radius, i) => (classes[i] === labels[i] ? radius : 0));
 * const { accuracies } = robustAccuracyCurve({ certified }, { epsilons: [0, 0.25, 1] });
 * expect(accuracies).toEqual([1 / 3, 1 / 3, 0]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.02918 | Cohen et al., Certified adversarial robustness via randomized smoothing, §3.2}
 *
 * @param classifier The base classifier, which should have been trained with this noise: a function from `[batch, ...input]` to logits `[batch, classes]`, or
 * an object with `logits` or `predict`; borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, at least one; borrowed.
 * @param options The noise, the draws and the confidence.
 * @returns The classes and the radii, of plain arrays.
 * @throws {TypeError} When the classifier, `x`, the logits or `key` are of another kind or shape.
 * @throws {RangeError} When there are no examples, or an option is out of its range.
 */
export async function randomizedSmoothing(
  classifier: Classifier,
  x: Tensor,
  options: RandomizedSmoothingOptions,
): Promise<SmoothingCertificates> {
  const { noiseScale, key, selectionDraws = 100, draws = 1000, alpha = 0.001, batchSize = 100 } = options;
  const action = "certify a smoothed classifier";
  const model = noisyModel(classifier, { noiseScale });
  checkInputs(action, x);
  const examples = x.shape[0]!;
  if (examples === 0) throw new RangeError(`Cannot ${action}: x must hold at least one example but found none`);
  checkKeys(action, key, examples);
  checkPositiveInteger(action, "selectionDraws", selectionDraws);
  checkPositiveInteger(action, "draws", draws);
  checkPositiveInteger(action, "batchSize", batchSize);
  if (!(alpha > 0 && alpha < 1)) {
    throw new RangeError(`Cannot ${action}: alpha must be above 0 and below 1 but found ${alpha}`);
  }

  /** How often each class is given in `count` draws of one example; -1 stands for NaN. */
  async function tally(one: Tensor, root: Key, count: number): Promise<Map<number, number>> {
    const votes = new Map<number, number>();
    for (let from = 0; from < count; from += batchSize) {
      const keys = Array.from({ length: Math.min(batchSize, count - from) }, (_, i) => foldIn(root, from + i));
      const copies = [keys.length, ...one.shape.slice(1)];
      const { classes } = await predict((z) => tidy(() => model.logits(broadcastTo(z, copies), keys)), one);
      for (const c of classes) votes.set(c, (votes.get(c) ?? 0) + 1);
    }
    return votes;
  }

  const classes = new Int32Array(examples).fill(-1);
  const [radii, lowerBounds] = [new Float64Array(examples), new Float64Array(examples)];
  for (const [i, root] of keysOf(key, examples).entries()) {
    const one = takeRows(x, [i]);
    try {
      const [[candidate]] = [...(await tally(one, foldIn(root, 0), selectionDraws))].sort(
        ([a, m], [b, n]) => n - m || a - b,
      ) as [[number, number]];
      if (candidate === -1) continue;
      const hits = (await tally(one, foldIn(root, 1), draws)).get(candidate) ?? 0;
      lowerBounds[i] = clopperPearsonLower(hits, draws, alpha);
      if (!(lowerBounds[i]! > 0.5)) continue;
      classes[i] = candidate;
      radii[i] = noiseScale * normalQuantile(lowerBounds[i]!);
    } finally {
      one.dispose();
    }
  }
  return { classes, radii, lowerBounds };
}
