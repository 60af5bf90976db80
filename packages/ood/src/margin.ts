import { argmax, logitDetector } from "./_logits.ts";
import type { Detector } from "./detector.ts";

/**
 * The margin: the score is `-(z_(1) - z_(2))`, minus the largest logit less the second largest.
 *
 * It orders inputs much as the maximum probability does, but does not saturate: in float32 all inputs with a margin above 17
 * have probability 1, and tie. Nothing is fitted: `fit(classifier)` keeps the classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { margin } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await margin().fit((x) => x as tf.Tensor2D);
 * expect([...(await detector.score(tf.tensor2d([[20, 0, 3], [40, 0, 3]])))]).toEqual([-17, -37]);
 * ```
 *
 * @see {@link https://openreview.net/forum?id=Hkxp3JHtPr | Aigrain and Detyniecki, How the softmax activation hinders the detection of adversarial and out-of-distribution examples}
 *
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`, at most 0.
 */
export function margin(): Detector<false> {
  return logitDetector("margin", {}, (z) => {
    const first = argmax(z);
    let second = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < z.length; k++) if (k !== first) second = Math.max(second, z[k]!);
    return second - z[first]!;
  });
}
