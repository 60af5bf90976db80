import { distanceDetector, readOptions } from "./_mahalanobis.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode relativeMahalanobis}. */
export interface RelativeMahalanobisOptions {
  /**
   * The features, averaged over everything but examples and channels: layers, nodes or names of a function's features;
   * `"penultimate"` is what the last layer takes in, `"all"` stands for all of them. @default {["penultimate"]}
   */
  readonly layers?: readonly string[];
  /**
   * How the covariances `S` are shrunk to `(1 - rho) S + rho tr(S) / d I`: by a `rho` from 0 to 1, or by that of OAS where
   * `S` does not have full rank. @default {"auto"}
   */
  readonly shrinkage?: "auto" | number;
}

/**
 * The relative Mahalanobis distance: the score is `min_k d_k^2 - d_0^2`, summed over layers, with `d_k` as in `mahalanobis` and
 * `d_0` the distance to one Gaussian of all classes together.
 *
 * The difference takes out directions in which typical inputs vary whatever their class, which helps with what is near to the
 * distribution. Both covariances are divided by the number of examples. A fit takes labels, and one pass.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { relativeMahalanobis } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: x as tf.Tensor2D, features: { input: x } });
 * const x = tf.tensor2d([[0, 0], [2, 0], [0, 2], [2, 2], [5, 5], [7, 5], [6, 8]]);
 * const detector = await relativeMahalanobis().fit(classifier, { x, labels: [0, 0, 0, 0, 1, 1, 1] });
 * const [score] = await detector.score(tf.tensor2d([[3.5, 3.5]]));
 * expect(score).toBeCloseTo(11.647509578544062);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2106.09022 | Ren et al., A simple fix to Mahalanobis distance for improving near-OOD detection}
 *
 * @param options The features and the shrinkage.
 * @returns The detector, to be fitted on a classifier with features; scores are `[batch]`.
 * @throws {TypeError} When `layers` is no list of names.
 * @throws {RangeError} When `shrinkage` is not from 0 to 1; from `fit`, when no feature varies within a class, or a covariance is
 * singular with a `shrinkage` that leaves it so.
 */
export function relativeMahalanobis(options: RelativeMahalanobisOptions = {}): Detector<false> {
  const read = readOptions("create relativeMahalanobis", options);
  return distanceDetector(
    "relativeMahalanobis",
    read,
    undefined,
    ({ nearest, backgroundDistances }) =>
      (rows, size) => {
        const background = backgroundDistances(rows, size);
        return nearest(rows, size).map((distance, i) => distance - background[i]!);
      },
  );
}
