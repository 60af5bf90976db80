import { checkLayers, checkPositive } from "./_check.ts";
import { type RegressionState, regressionOn } from "./_logistic_regression.ts";
import { argmax, rowOf, softmax } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import type { Reading } from "./_reading.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode ufel}. */
export interface UfelOptions {
  /** The features that are log-variances: layers, nodes or names of a function's features. */
  readonly logVariances: readonly string[];
  /** The inverse strength of the penalty on weights, above 0. @default {1} */
  readonly c?: number;
}

/**
 * Layerwise uncertainty (UFEL): the score is `w' u + b`, with `u` the largest class probability and the mean log-variance of each
 * of some layers, and `w`, `b` of a logistic regression.
 *
 * The network must have been trained with noise of learned variances: see `reparameterize`. The weights tell validation examples
 * from `auxiliary.outOfDistribution`: it is *tuned with out-of-distribution examples*. This is the linear variant of the original;
 * `ufelNetwork` is the one with a network on the maps of log-variances. A fit takes one pass, and no labels.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { ufel } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: x as tf.Tensor2D, features: { logVariance: tf.square(x) } });
 * const outOfDistribution = { x: tf.tensor2d([[3, 3], [-3, 2]]) };
 * const detector = ufel({ logVariances: ["logVariance"] });
 * await detector.fit(classifier, { x: tf.tensor2d([[1, 0], [0, 1]]) }, { outOfDistribution });
 * const [near, far] = await detector.score(tf.tensor2d([[0.5, 0], [4, 3]]));
 * expect(far).toBeGreaterThan(near!);
 * ```
 *
 * @see {@link https://github.com/unknown-ai/UFEL | the code of UFEL, by its authors}
 *
 * @param options The log-variances and the penalty.
 * @returns The detector, to be fitted on a classifier with these features; scores are `[batch]`, the logarithms of odds.
 * @throws {TypeError} When `logVariances` is no list of names; from `fit`, when there are no out-of-distribution examples.
 * @throws {RangeError} When `c` is not finite and above 0.
 */
export function ufel(options: UfelOptions): Detector<true> {
  const { logVariances, c = 1 } = options;
  checkLayers("create ufel", logVariances);
  checkPositive("create ufel", "c", c);
  return detectorOf<RegressionState, true>({
    name: "ufel",
    tuned: true,
    options: { logVariances: [...logVariances], c },
    needs: () => ({ pooled: logVariances }),
    ...regressionOn(describe, c),
  });

  /** The largest probability and the mean log-variance of each layer. */
  function describe({ logits, classes, size, pooled }: Reading): number[][] {
    return Array.from({ length: size }, (_, i) => {
      const probabilities = softmax(rowOf(logits, i, classes));
      const means = logVariances.map((layer) => {
        const { data } = pooled.get(layer)!;
        const row = rowOf(data, i, data.length / size);
        return Float64Array.from(row).reduce((sum, value) => sum + value, 0) / row.length;
      });
      return [probabilities[argmax(probabilities)]!, ...means];
    });
  }
}
