import { fitAll, internalsOf } from "./_method.ts";
import type { Classifier } from "./classifier.ts";
import type { Auxiliary, Detector } from "./detector.ts";
import type { OpenClassifier } from "./open_classifier.ts";
import type { Source } from "./source.ts";

/**
 * Fits detectors together: the classifier runs once for all of them in each pass over the examples, of which there are as
 * many as the detector needs that needs most.
 *
 * Each detector is then the same as if it had been fitted alone.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energy, fitMany, mahalanobis } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2], kernelInitializer: "identity" })] });
 * const x = tf.tensor2d([[1, 0], [3, 0], [2, 2], [0, 7], [0, 5], [2, 6]]);
 * const detectors = [energy(), mahalanobis()];
 * await fitMany(detectors, model, { x, labels: [0, 0, 0, 1, 1, 1] });
 * expect(detectors.every(({ fitted }) => fitted)).toBe(true);
 * ```
 *
 * @param detectors The detectors, which are changed.
 * @param classifier What they are fitted on; borrowed for as long as they are used.
 * @param inDistribution The examples, `[batch, ...input]` with class indices; borrowed.
 * @param auxiliary Validation and out-of-distribution examples; borrowed.
 * @returns The detectors, in their order.
 * @throws {TypeError} When the classifier lacks what a detector reads, examples or labels are missing, or `x` is not float32
 * `[batch, ...input]`.
 * @throws {RangeError} When there are no examples, a label is no class, or what the classifier returns is not finite.
 */
export async function fitMany<D extends readonly Detector[]>(
  detectors: D,
  classifier: Classifier | OpenClassifier,
  inDistribution?: Source,
  auxiliary?: Auxiliary,
): Promise<D> {
  const all = detectors.map((detector) => internalsOf("fit detectors", detector));
  await fitAll(all, classifier, inDistribution, auxiliary);
  return detectors;
}
