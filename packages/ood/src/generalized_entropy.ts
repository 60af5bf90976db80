import { checkInteger, checkPositive } from "./_check.ts";
import { logitDetector, logSoftmax } from "./_logits.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode generalizedEntropy}. */
export interface GeneralizedEntropyOptions {
  /** The exponent, above 0. @default {0.1} */
  readonly gamma?: number;
  /** How many of the largest probabilities are taken. @default {100} */
  readonly largest?: number;
}

/**
 * The generalised entropy (GEN): the score is `sum_k p_k^gamma (1 - p_k)^gamma` over the largest probabilities.
 *
 * A small `gamma` makes it sensitive to small departures from certainty. Nothing is fitted: `fit(classifier)` keeps the
 * classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { generalizedEntropy } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await generalizedEntropy({ gamma: 0.5 }).fit((x) => x as tf.Tensor2D);
 * const [score] = await detector.score(tf.tensor2d([[0, 0]]));
 * expect(score).toBeCloseTo(2 * Math.sqrt(0.5 * 0.5));
 * ```
 *
 * @see {@link https://openaccess.thecvf.com/content/CVPR2023/html/Liu_GEN_Pushing_the_Limits_of_Softmax-Based_Out-of-Distribution_Detection_CVPR_2023_paper.html | Liu et al., GEN: pushing the limits of softmax-based out-of-distribution detection}
 *
 * @param options The exponent and the number of probabilities.
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`, at least 0.
 * @throws {RangeError} When `gamma` is not finite and above 0, or `largest` not a positive integer.
 */
export function generalizedEntropy(options: GeneralizedEntropyOptions = {}): Detector<false> {
  const { gamma = 0.1, largest = 100 } = options;
  checkPositive("create generalizedEntropy", "gamma", gamma);
  checkInteger("create generalizedEntropy", "largest", largest, 1);
  return logitDetector("generalizedEntropy", { gamma, largest }, (z) => {
    const logs = logSoftmax(z).sort().reverse();
    let sum = 0;
    // 1 - p by expm1: of a probability near 1 the difference would have no digits.
    for (const log of logs.subarray(0, largest)) sum += Math.exp(gamma * log) * (-Math.expm1(log)) ** gamma;
    return sum;
  });
}
