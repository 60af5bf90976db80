import { checkChoice, checkPositive } from "./_check.ts";
import { type RegressionState, regressionOn } from "./_logistic_regression.ts";
import { readLogits, rowOf } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode learnedLogit}. */
export interface LearnedLogitOptions {
  /** What is learned from. @default {"logits"} */
  readonly inputs?: "logits" | "softmax" | "logSoftmax";
  /** Whether they are sorted, the largest first, so that classes do not matter. @default {true} */
  readonly sorted?: boolean;
  /** The inverse strength of the penalty on weights, above 0. @default {1} */
  readonly c?: number;
}

/**
 * A detector learned from logits: the score is `w' s + b`, with `s` the sorted logits and `w`, `b` of a logistic regression that
 * tells validation examples from `auxiliary.outOfDistribution`.
 *
 * The same detector on `"softmax"` shows what the softmax takes away: it forgets a constant added to the logits, and saturates.
 * The original has a small network in the place of the regression: see `logitNetwork`. It is *tuned with out-of-distribution examples*; a fit takes
 * one pass, and no labels.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { learnedLogit } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => x as tf.Tensor2D;
 * const outOfDistribution = { x: tf.tensor2d([[1, 0], [0, 2]]) };
 * const detector = await learnedLogit().fit(classifier, { x: tf.tensor2d([[9, 1], [0, 7]]) }, { outOfDistribution });
 * const [sure, unsure] = await detector.score(tf.tensor2d([[0, 8], [1, 1]]));
 * expect(unsure).toBeGreaterThan(sure!);
 * ```
 *
 * @see {@link https://openreview.net/forum?id=Hkxp3JHtPr | Aigrain and Detyniecki, How the softmax activation hinders the detection of adversarial and out-of-distribution examples}
 *
 * @param options What is learned from, and the penalty.
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`, the logarithms of odds.
 * @throws {TypeError} When `inputs` is unknown; from `fit`, when there are no out-of-distribution examples.
 * @throws {RangeError} When `c` is not finite and above 0.
 */
export function learnedLogit(options: LearnedLogitOptions = {}): Detector<true> {
  const { inputs = "logits", sorted = true, c = 1 } = options;
  checkChoice("create learnedLogit", "inputs", inputs, ["logits", "softmax", "logSoftmax"]);
  checkPositive("create learnedLogit", "c", c);
  return detectorOf<RegressionState, true>({
    name: "learnedLogit",
    tuned: true,
    options: { inputs, sorted, c },
    needs: () => ({}),
    ...regressionOn(
      ({ logits, size, classes }) =>
        Array.from({ length: size }, (_, i) => readLogits(rowOf(logits, i, classes), { inputs, sorted })),
      c,
    ),
  });
}
