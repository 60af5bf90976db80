import { checkPositive } from "./_check.ts";
import { argmax, logitDetector, scaled, softmax } from "./_logits.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode maxProbability}. */
export interface MaxProbabilityOptions {
  /** The temperature, above 0, that logits are divided by. @default {1} */
  readonly temperature?: number;
}

/**
 * The maximum softmax probability (MSP), and JEM's `max p(y|x)`: the score is `-max_k softmax(z / T)_k` of logits `z`.
 *
 * The baseline that every other detector is compared with. It knows nothing of the size of the logits, only of their
 * differences, and saturates: above a difference of about 37 it is -1 whatever the logits are; see `margin`. Nothing is
 * fitted: `fit(classifier)` keeps the classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { maxProbability } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await maxProbability().fit((x) => x as tf.Tensor2D);
 * const [sure, unsure] = await detector.score(tf.tensor2d([[9, 0], [0, 0]]));
 * expect(unsure).toBe(-0.5);
 * expect(sure).toBeLessThan(unsure!);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1610.02136 | Hendrycks and Gimpel, A baseline for detecting misclassified and out-of-distribution examples}
 *
 * @param options The temperature.
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`, from -1 to `-1 / classes`.
 * @throws {RangeError} When `temperature` is not finite and above 0.
 */
export function maxProbability(options: MaxProbabilityOptions = {}): Detector<false> {
  const { temperature = 1 } = options;
  checkPositive("create maxProbability", "temperature", temperature);
  return logitDetector("maxProbability", { temperature }, (z) => {
    const probabilities = softmax(scaled(z, temperature));
    return -probabilities[argmax(probabilities)]!;
  });
}
