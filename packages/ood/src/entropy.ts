import { logitDetector, logSoftmax } from "./_logits.ts";
import type { Detector } from "./detector.ts";

/**
 * The entropy of the class probabilities, in nats: the score is `-sum_k p_k log p_k`, where `0 log 0 = 0`.
 *
 * Nothing is fitted: `fit(classifier)` keeps the classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { entropy } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await entropy().fit((x) => x as tf.Tensor2D);
 * const [even, sure] = await detector.score(tf.tensor2d([[0, 0], [5000, 0]]));
 * expect(even).toBeCloseTo(Math.log(2));
 * expect(sure).toBe(0);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1610.02136 | Hendrycks and Gimpel, A baseline for detecting misclassified and out-of-distribution examples}
 *
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`, from 0 to `log(classes)`.
 */
export function entropy(): Detector<false> {
  return logitDetector("entropy", {}, (z) => {
    let sum = 0;
    for (const logProbability of logSoftmax(z)) sum -= Math.exp(logProbability) * Math.max(logProbability, -1e300);
    return Math.max(0, sum);
  });
}
