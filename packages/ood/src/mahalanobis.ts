import { distanceDetector, readOptions, readStep } from "./_mahalanobis.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode mahalanobis}. */
export interface MahalanobisOptions {
  /**
   * The features, averaged over everything but examples and channels: layers, nodes or names of a function's features;
   * `"penultimate"` is what the last layer takes in, `"all"` stands for all of them. @default {["penultimate"]}
   */
  readonly layers?: readonly string[];
  /**
   * The length of a step of each element of the input toward the nearest class, at least 0; takes gradients when above 0.
   * @default {0}
   */
  readonly epsilon?: number;
  /** What `epsilon` is divided by for each channel: the deviations that inputs were standardised with. @default {1 for all} */
  readonly std?: readonly number[];
  /**
   * How the covariance `S` is shrunk to `(1 - rho) S + rho tr(S) / d I`: by a `rho` from 0 to 1, or by that of OAS where
   * `S` does not have full rank. @default {"auto"}
   */
  readonly shrinkage?: "auto" | number;
}

/**
 * The Mahalanobis distance: the score is `min_k (f - mu_k)' S^-1 (f - mu_k)` of features `f`, summed over layers.
 *
 * `mu_k` is the mean of class `k` by its labels, and `S` the covariance that all classes share, divided by the number of
 * examples. Everything is in float64, by a Cholesky factor; features that do not vary within a class are dropped, and a
 * covariance without full rank is shrunk, each with a note. With `epsilon`, the input is first moved to
 * `x - epsilon sign(d distance / dx)`, for each layer by itself; the sign of 0 is 0. With several layers see
 * `mahalanobisEnsemble` for weights. A fit takes labels, and one pass.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { mahalanobis } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: x as tf.Tensor2D, features: { input: x } });
 * const x = tf.tensor2d([[0, 0], [2, 0], [0, 2], [2, 2], [5, 5], [7, 5], [6, 8]]);
 * const detector = await mahalanobis().fit(classifier, { x, labels: [0, 0, 0, 0, 1, 1, 1] });
 * const [atMean, between] = await detector.score(tf.tensor2d([[6, 6], [3.5, 3.5]]));
 * expect(atMean).toBe(0);
 * expect(between).toBeCloseTo(35 / 3);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1807.03888 | Lee et al., A simple unified framework for detecting out-of-distribution samples and adversarial attacks}
 *
 * @param options The features, the step and the shrinkage.
 * @returns The detector, to be fitted on a classifier with features; scores are `[batch]`, at least 0.
 * @throws {TypeError} When `layers` is no list of names.
 * @throws {RangeError} When `epsilon` is negative, a number of `std` not above 0, or `shrinkage` not from 0 to 1; from `fit`, when
 * no feature varies within a class, or the covariance is singular with a `shrinkage` that leaves it so.
 */
export function mahalanobis(options: MahalanobisOptions = {}): Detector<false> {
  const action = "create mahalanobis";
  return distanceDetector("mahalanobis", readOptions(action, options), readStep(action, options));
}
