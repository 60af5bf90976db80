import type { Tensor } from "@tensorflow/tfjs-core";
import { checkInteger, checkLayers } from "./_check.ts";
import {
  boundsOf,
  type Deviations,
  deviationsBy,
  type LayerBounds,
  nameOf,
  predictionsOf,
  type Range,
  statisticsOf,
  widened,
} from "./_gram_bounds.ts";
import { gramOnDevice } from "./_gram_on_device.ts";
import { argmax, rowOf } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import { expand } from "./_outputs.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode gram}. */
export interface GramOptions {
  /**
   * The features, as maps: layers, nodes or names of a function's features; `"penultimate"` is what the last layer takes in,
   * `"all"` stands for all of them. @default {["all"]}
   */
  readonly layers?: readonly string[];
  /** The powers, positive integers. @default {[1, 2, ..., 10]} */
  readonly powers?: readonly number[];
}

/** What a fit keeps. */
interface Fit {
  readonly layers: readonly LayerBounds[];
}

/**
 * Gram matrices: the score is `sum_l delta_l / E[delta_l]`, with `delta_l` by how much the statistics of layer `l` leave the
 * range that they had for training examples of the predicted class, over the probability of that class.
 *
 * The statistics are the row sums of `(F^p F^p')^(1/p)` of a map `F` (channels by positions) for each power `p`, with the sign
 * kept for odd powers. `E` is over `auxiliary.validation`, or over every tenth in-distribution example, which then is not used
 * for the range. Classes that are never predicted take the range of all, with a note. Only the ranges are kept. A fit takes
 * two passes, and no labels.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { gram } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: tf.mean(x, [1, 2]) as tf.Tensor2D, features: { map: x } });
 * const x = tf.tensor4d([1, 2, 2, 1, 1, 3, 2, 2], [2, 1, 2, 2]);
 * const detector = await gram().fit(classifier, { x }, { validation: { x: tf.tensor4d([1, 2, 2, 2], [1, 1, 2, 2]) } });
 * const [inside, outside] = await detector.score(tf.tensor4d([1, 2, 2, 1, 9, 0, 9, 0], [2, 1, 2, 2]));
 * expect(inside).toBe(0);
 * expect(outside).toBeGreaterThan(1);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.12510 | Sastry and Oore, Detecting out-of-distribution examples with Gram matrices}
 *
 * @param options The features and the powers.
 * @returns The detector, to be fitted on a classifier with features; scores are `[batch]`, at least 0.
 * @throws {TypeError} When `layers` is no list of names.
 * @throws {RangeError} When `powers` is empty or holds what is not a positive integer; from `fit`, when there are no examples to
 * calibrate with.
 */
export function gram(options: GramOptions = {}): Detector<false> {
  const { layers = ["all"], powers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } = options;
  checkLayers("create gram", layers);
  if (powers.length === 0) throw new RangeError("Cannot create gram: powers must have at least 1 number but found 0");
  for (const power of powers) checkInteger("create gram", "powers", power, 1);
  const summary = { name: nameOf(powers), of: (maps: Tensor) => gramOnDevice(maps, powers) };
  const made = new WeakMap<Fit, Deviations[]>();
  function deviationsOf(state: Fit): Deviations[] {
    const found = made.get(state) ?? state.layers.map((of) => deviationsBy(of, powers));
    made.set(state, found);
    return found;
  }
  return detectorOf<Fit, false>({
    name: "gram",
    tuned: false,
    options: { layers: [...layers], powers: [...powers] },
    needs: (state) => ({
      summaries: state ? deviationsOf(state).map((of) => of.summary) : [{ ...summary, features: layers }],
    }),
    fit(_, given) {
      const ranges = new Map<string, (Range | undefined)[]>();
      const sums: number[] = [];
      let seen = 0;
      let count = 0;
      let bounds: Omit<LayerBounds, "expected">[] | undefined;
      let deviations: Deviations[] | undefined;
      // Without validation examples, every tenth is kept apart: the range of an example holds the example.
      const isApart = (index: number): boolean => !given.validation && index % 10 === 9;
      return {
        rounds: [
          [
            {
              over: "inDistribution",
              visit(reading) {
                for (const layer of expand(layers, reading.all)) {
                  const found = ranges.get(layer) ?? new Array<undefined>(reading.classes).fill(undefined);
                  ranges.set(layer, found);
                  statisticsOf(reading, layer, powers).forEach((statistics, i) => {
                    const predicted = argmax(rowOf(reading.logits, i, reading.classes));
                    if (!isApart(seen + i)) found[predicted] = widened(found[predicted], statistics);
                  });
                }
                seen += reading.size;
              },
            },
          ],
          [
            {
              over: "validation",
              visit(reading) {
                bounds ??= [...ranges].map(([layer, found]) => boundsOf(layer, found));
                const predicted = predictionsOf(reading);
                const used = Array.from({ length: reading.size }, (_, i) => given.validation || isApart(count + i));
                deviations ??= bounds.map((of) => deviationsBy(of, powers));
                for (const [l, of] of deviations.entries()) {
                  of.of(reading, predicted).forEach((value, i) => {
                    if (used[i]) sums[l] = (sums[l] ?? 0) + value;
                  });
                }
                count += reading.size;
              },
            },
          ],
        ],
        finish(note) {
          const used = given.validation ? count : Math.floor(count / 10);
          if (used === 0) {
            throw new RangeError(
              `Cannot fit gram: there must be at least 10 examples, or auxiliary.validation, but found ${count}`,
            );
          }
          if (!given.validation) note(`${used} of ${count} in-distribution examples were kept apart to calibrate`);
          const missing = bounds![0]!.classes.filter((of) => of === null).length;
          if (missing > 0) note(`${missing} of ${bounds![0]!.classes.length} classes are never predicted`);
          return { layers: bounds!.map((of, l) => ({ ...of, expected: sums[l]! / used })) };
        },
      };
    },
    scorer(state) {
      return (reading) => {
        const scores = new Float64Array(reading.size);
        const predicted = predictionsOf(reading);
        for (const [l, deviations] of deviationsOf(state).entries()) {
          const { expected } = state.layers[l]!;
          deviations.of(reading, predicted).forEach((value, i) => {
            scores[i]! += value / (expected + 1e-7);
          });
        }
        return scores;
      };
    },
  });
}
