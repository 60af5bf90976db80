import { argmax, logitDetector } from "./_logits.ts";
import type { Detector } from "./detector.ts";

/**
 * The maximum logit: the score is `-max_k z_k`.
 *
 * Unlike probabilities it keeps the size of the logits, and does not saturate. Nothing is fitted: `fit(classifier)` keeps the
 * classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { maxLogit } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await maxLogit().fit((x) => x as tf.Tensor2D);
 * expect([...(await detector.score(tf.tensor2d([[9, 0], [1, 2]])))]).toEqual([-9, -2]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1911.11132 | Hendrycks et al., Scaling out-of-distribution detection for real-world settings}
 *
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`.
 */
export function maxLogit(): Detector<false> {
  return logitDetector("maxLogit", {}, (z) => -z[argmax(z)]!);
}
