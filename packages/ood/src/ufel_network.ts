import type { Key } from "@jem-js/random";
import { checkLayers } from "./_check.ts";
import { argmax, rowOf } from "./_logits.ts";
import { networkDetector } from "./_network_detector.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode ufelNetwork}. */
export interface UfelNetworkOptions {
  /** The features that are log-variances: layers, nodes or names of a function's features. */
  readonly logVariances: readonly string[];
  /** The key of the initial weights and of the order of the examples. */
  readonly key: Key;
  /** How often the examples are gone through. @default {300} */
  readonly epochs?: number;
  /** The learning rate of Adam. @default {0.001} */
  readonly learningRate?: number;
  /** The widths of the hidden layers. @default {[16]} */
  readonly hidden?: readonly number[];
}

/**
 * Layerwise uncertainty (UFEL) by a convolutional head: the score is the logit of a small network that takes in the maps of
 * log-variances of some layers and the largest logit.
 *
 * Each map goes through two convolutions of stride 2 with eight filters and is averaged; what comes of all, with vectors of
 * log-variances as they are, goes through dense layers. It is trained by binary cross-entropy and Adam to tell validation examples
 * from `auxiliary.outOfDistribution`, so that it is *tuned with out-of-distribution examples*. The number and the widths of the layers are
 * ours. The classifier must have been trained with noise of learned variances: see `reparameterize`; `ufel` is the linear
 * variant. A fit takes one pass and no labels, and holds the maps of all examples.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { ufelNetwork } from "@jem-js/ood";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: x as tf.Tensor2D, features: { logVariance: tf.square(x) } });
 * const outOfDistribution = { x: tf.tensor2d([[3, 3], [-3, 2]]) };
 * const detector = ufelNetwork({ logVariances: ["logVariance"], key: key(0) });
 * await detector.fit(classifier, { x: tf.tensor2d([[1, 0], [0, 1]]) }, { outOfDistribution });
 * const [near, far] = await detector.score(tf.tensor2d([[0.5, 0], [4, 3]]));
 * expect(far).toBeGreaterThan(near!);
 * ```
 *
 * @see {@link https://github.com/unknown-ai/UFEL | the code of UFEL, by its authors}
 *
 * @param options The log-variances, the key and the training.
 * @returns The detector, to be fitted on a classifier with these features; scores are `[batch]`, the logarithms of odds.
 * @throws {TypeError} When `logVariances` is no list of names; from `fit`, when there are no out-of-distribution examples.
 * @throws {RangeError} When `epochs` or a width is not a positive integer, or `learningRate` not above 0.
 */
export function ufelNetwork(options: UfelNetworkOptions): Detector<true> {
  const { logVariances, key, epochs = 300, learningRate = 1e-3, hidden = [16] } = options;
  checkLayers("create ufelNetwork", logVariances);
  return networkDetector({
    name: "ufelNetwork",
    options: { logVariances: [...logVariances], key: [...key], epochs, learningRate, hidden: [...hidden] },
    needs: { maps: logVariances },
    inputsOf({ logits, classes, size, maps }) {
      const largest = Float32Array.from({ length: size }, (_, i) => {
        const z = rowOf(logits, i, classes);
        return z[argmax(z)]!;
      });
      const ofLayers = logVariances.map((layer) => {
        const { data, shape } = maps.get(layer)!;
        const inner = shape.slice(1);
        // What is neither a map nor a vector, such as a sequence, is taken for a vector.
        return { shape: inner.length === 3 ? inner : [data.length / size], data };
      });
      return [{ shape: [1], data: largest }, ...ofLayers];
    },
  });
}
