import { checkInteger, checkLayers } from "./_check.ts";
import { squaredDistances } from "./_distances.ts";
import { rowOf } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import type { Reading } from "./_reading.ts";
import { dot, kthSmallest } from "./_sums.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode knn}. */
export interface KnnOptions {
  /** Which neighbour, from 1. @default {50} */
  readonly k?: number;
  /**
   * The feature, averaged over everything but examples and channels: a layer, a node or a name of a function's features;
   * `"penultimate"` is what the last layer takes in. @default {"penultimate"}
   */
  readonly layer?: string;
}

/** What a fit keeps. */
interface Bank {
  readonly width: number;
  /** The features as they are, row-major `[examples, width]`. */
  readonly features: readonly number[];
}

/**
 * Deep nearest neighbours: the score is the Euclidean distance from `f / ||f||` to the `k`-th nearest of the in-distribution
 * examples, `f` a feature; a feature of 0 stays 0.
 *
 * It assumes nothing of the distribution. A fit takes one pass and keeps the features of all examples, which scoring goes
 * through one by one: give it some thousands.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { knn } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: x as tf.Tensor2D, features: { input: x } });
 * const detector = await knn({ k: 2 }).fit(classifier, { x: tf.tensor2d([[2, 0], [0, 3], [-1, 0]]) });
 * const [score] = await detector.score(tf.tensor2d([[5, 0]])); // the neighbours are at 0, sqrt(2) and 2
 * expect(score).toBeCloseTo(Math.SQRT2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2204.06507 | Sun et al., Out-of-distribution detection with deep nearest neighbors}
 *
 * @param options Which neighbour, and of which feature.
 * @returns The detector, to be fitted on a classifier with features; scores are `[batch]`, from 0 to 2.
 * @throws {TypeError} When `layer` is no name.
 * @throws {RangeError} When `k` is not a positive integer; from `fit`, when there are fewer than `k` examples.
 */
export function knn(options: KnnOptions = {}): Detector<false> {
  const { k = 50, layer = "penultimate" } = options;
  checkInteger("create knn", "k", k, 1);
  checkLayers("create knn", [layer]);
  return detectorOf<Bank, false>({
    name: "knn",
    tuned: false,
    options: { k, layer },
    needs: () => ({ pooled: [layer] }),
    fit() {
      const features: number[] = [];
      let width = 0;
      return {
        rounds: [
          [
            {
              over: "inDistribution",
              visit({ pooled, size }: Reading) {
                const { data } = pooled.get(layer)!;
                width = data.length / size;
                for (const value of data) features.push(value);
              },
            },
          ],
        ],
        finish() {
          if (features.length < k * width) {
            throw new RangeError(
              `Cannot fit knn: k must be at most the ${features.length / width} examples but found ${k}`,
            );
          }
          return { width, features };
        },
      };
    },
    scorer({ width, features }) {
      const bank = normalized(features, width);
      const examples = bank.length / width;
      return ({ pooled, size }) => {
        const squares = squaredDistances(normalized(pooled.get(layer)!.data, width), { width, centres: bank });
        return Float64Array.from({ length: size }, (_, i) => Math.sqrt(kthSmallest(rowOf(squares, i, examples), k)));
      };
    },
  });
}

/** Rows of length 1, or 0. */
function normalized(rows: ArrayLike<number>, width: number): Float64Array {
  const result = new Float64Array(rows);
  for (let from = 0; from < result.length; from += width) {
    const row = result.subarray(from, from + width);
    const norm = Math.sqrt(dot(row, 0, row, width));
    if (norm > 0) for (let j = 0; j < width; j++) row[j]! /= norm;
  }
  return result;
}
