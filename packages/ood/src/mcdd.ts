import { rowOf } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode mcdd}. */
export interface McddOptions {
  /** The feature that is the distances `D`, `[batch, classes]`. @default {"distances"} */
  readonly feature?: string;
}

/**
 * The score of a deep generative classifier (Deep-MCDD): `min_k D_k`, the distance to the nearest class in the metric that was
 * trained.
 *
 * The classifier must be trained with `classGaussianHead` and give its distances as a feature. What lies between the centers of
 * classes is near to all of them: such a set is not detected. Nothing is fitted: `fit(classifier)` keeps the classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { classGaussianHead, mcdd } from "@jem-js/ood";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const head = classGaussianHead({ features: 2, classes: 3, key: key(0) });
 * const classifier = (x: tf.Tensor) => ({
 *   logits: head.logits(x as tf.Tensor2D),
 *   features: { distances: head.distances(x as tf.Tensor2D) },
 * });
 * const detector = await mcdd().fit(classifier);
 * const [near, far] = await detector.score(tf.tensor2d([[0, 0], [50, 50]]));
 * expect(far).toBeGreaterThan(near!);
 * ```
 *
 * @see {@link https://doi.org/10.1145/3394486.3403189 | Lee et al., Multi-class data description for out-of-distribution detection}
 *
 * @param options The feature.
 * @returns The detector, to be fitted on a classifier with distances; scores are `[batch]`.
 */
export function mcdd(options: McddOptions = {}): Detector<false> {
  const { feature = "distances" } = options;
  return detectorOf({
    name: "mcdd",
    tuned: false,
    options: { feature },
    needs: () => ({ pooled: [feature] }),
    scorer:
      () =>
      ({ pooled, size }) => {
        const { data } = pooled.get(feature)!;
        const width = data.length / size;
        return Float64Array.from({ length: size }, (_, i) => Math.min(...rowOf(data, i, width)));
      },
  });
}
