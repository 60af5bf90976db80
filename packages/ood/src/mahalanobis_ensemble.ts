import { checkPositive } from "./_check.ts";
import { type GaussianState, type Gaussians, gaussiansOf } from "./_class_gaussians.ts";
import { decision, fitLogistic, type LogisticRegression } from "./_logistic_regression.ts";
import { gaussianPass, layerScores, readOptions, readStep } from "./_mahalanobis.ts";
import { detectorOf } from "./_method.ts";
import type { Reading } from "./_reading.ts";
import type { Detector } from "./detector.ts";
import type { MahalanobisOptions } from "./mahalanobis.ts";

/** Options of {@linkcode mahalanobisEnsemble}. */
export interface MahalanobisEnsembleOptions extends MahalanobisOptions {
  /** The inverse strength of the penalty on weights, above 0. @default {1} */
  readonly c?: number;
}

/** What a fit keeps. */
interface Ensemble {
  readonly gaussians: readonly GaussianState[];
  readonly regression: LogisticRegression;
}

/**
 * The Mahalanobis distance of several layers, weighted by a logistic regression: the score is `sum_l w_l d_l^2 + b`, with `d_l`
 * as in `mahalanobis`.
 *
 * The weights tell validation examples from `auxiliary.outOfDistribution`: the detector is *tuned with out-of-distribution
 * examples*, and good at what looks like those. The original does so; its other variant gives adversarial examples of the
 * training set in their place. Weights may be negative. A fit takes labels, and two passes.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { mahalanobisEnsemble } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: x as tf.Tensor2D, features: { first: x, second: tf.square(x) } });
 * const x = tf.tensor2d([[0, 1], [1, 0], [1, 1], [5, 5], [6, 5], [5, 7]]);
 * const outOfDistribution = { x: tf.tensor2d([[9, -9], [-9, 9]]) };
 * const detector = mahalanobisEnsemble({ layers: ["all"] });
 * await detector.fit(classifier, { x, labels: [0, 0, 0, 1, 1, 1] }, { outOfDistribution });
 * expect(detector.tunedWithOutOfDistribution).toBe(true);
 * const [near, far] = await detector.score(tf.tensor2d([[0.5, 0.5], [8, -8]]));
 * expect(far).toBeGreaterThan(near!);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1807.03888 | Lee et al., A simple unified framework for detecting out-of-distribution samples and adversarial attacks}
 *
 * @param options The features, the step, the shrinkage and the penalty.
 * @returns The detector, to be fitted on a classifier with features; scores are `[batch]`, the logarithms of odds.
 * @throws {TypeError} When `layers` is no list of names; from `fit`, when there are no out-of-distribution examples.
 * @throws {RangeError} When `epsilon` is negative, a number of `std` or `c` not above 0, or `shrinkage` not from 0 to 1; from
 * `fit`, as for `mahalanobis`.
 */
export function mahalanobisEnsemble(options: MahalanobisEnsembleOptions = {}): Detector<true> {
  const action = "create mahalanobisEnsemble";
  const { layers, shrinkage } = readOptions(action, { layers: ["all"], ...options });
  const step = readStep(action, options);
  const { c = 1 } = options;
  checkPositive(action, "c", c);
  return detectorOf<Ensemble, true>({
    name: "mahalanobisEnsemble",
    tuned: true,
    options: { layers, ...step, shrinkage, c },
    needs: (state) => ({ pooled: state?.gaussians.map(({ layer }) => layer) ?? layers, labels: true }),
    fit(classifier, given) {
      const { pass, finish } = gaussianPass("fit mahalanobisEnsemble", { layers, shrinkage, background: false });
      const notes: string[] = [];
      const rows: number[][] = [];
      const labels: boolean[] = [];
      let gaussians: GaussianState[] | undefined;
      const collect = (isOut: boolean) => async (reading: Reading) => {
        gaussians ??= finish((text) => notes.push(text));
        const distances = await distancesOf("fit mahalanobisEnsemble", gaussians.map(gaussiansOf), reading);
        for (const row of distances) {
          rows.push(row);
          labels.push(isOut);
        }
      };
      const distancesOf = distancesBy(classifier);
      return {
        rounds: [
          [pass],
          [
            { over: "validation", visit: collect(false) },
            { over: "outOfDistribution", visit: collect(true) },
          ],
        ],
        finish(note) {
          notes.forEach(note);
          if (!given.validation) note("weighed on the in-distribution examples that the distances were fitted on");
          return { gaussians: gaussians!, regression: fitLogistic(rows, labels, c) };
        },
      };
    },
    scorer({ gaussians, regression }, classifier) {
      const all = gaussians.map(gaussiansOf);
      const distancesOf = distancesBy(classifier);
      return async (reading) => {
        const rows = await distancesOf("score by mahalanobisEnsemble", all, reading);
        return Float64Array.from(rows, (row) => decision(regression, row));
      };
    },
  });

  /** The squared distance of each example by each layer. */
  function distancesBy(classifier: Parameters<typeof layerScores>[1]) {
    return async (doing: string, all: readonly Gaussians[], reading: Reading): Promise<number[][]> => {
      const { epsilon, std } = step;
      const byLayer: Float64Array[] = [];
      for (const gaussians of all)
        byLayer.push(await layerScores(doing, classifier, reading, gaussians, { epsilon, std }));
      return Array.from({ length: reading.size }, (_, i) => byLayer.map((distances) => distances[i]!));
    };
  }
}
