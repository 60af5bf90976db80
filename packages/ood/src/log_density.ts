import { logitDetector, logSumExp } from "./_logits.ts";
import type { Detector } from "./detector.ts";

/**
 * JEM's log-density: the score is `-log p(x) = -logsumexp_k z_k` up to a constant.
 *
 * The border between signs: a log-density is larger for more typical inputs, a score for more anomalous ones. Of a classifier
 * that was not trained as a density, it is the energy detector at temperature 1. Nothing is fitted: `fit(classifier)` keeps
 * the classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { logDensity } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await logDensity().fit((x) => x as tf.Tensor2D);
 * const [score] = await detector.score(tf.tensor2d([[1, 1]]));
 * expect(score).toBeCloseTo(-1 - Math.log(2));
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one, §5.3.1}
 *
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`.
 */
export function logDensity(): Detector<false> {
  return logitDetector("logDensity", {}, (z) => -logSumExp(z));
}
