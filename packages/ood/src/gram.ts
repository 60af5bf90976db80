import type { Tensor } from "@tensorflow/tfjs-core";
import { checkInteger, checkLayers } from "./_check.ts";
import { gramOnDevice } from "./_gram_on_device.ts";
import { deviation, gramStatistics, type Statistics } from "./_gram_statistics.ts";
import { argmax, type Row, rowOf, softmax } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import { expand } from "./_outputs.ts";
import type { Reading } from "./_reading.ts";
import { summaryKey } from "./_summaries.ts";
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

/** The bounds of a statistic, by class. */
interface Bounds {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** The bounds of a layer. */
interface LayerBounds {
  readonly layer: string;
  /** By predicted class; null where it was never predicted. */
  readonly classes: readonly (Bounds | null)[];
  /** Of all classes together. */
  readonly pooled: Bounds;
  /** The mean deviation of validation examples. */
  readonly expected: number;
}

/** Bounds under way. */
interface Range {
  readonly low: Float64Array;
  readonly high: Float64Array;
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
  return detectorOf<{ readonly layers: readonly LayerBounds[] }, false>({
    name: "gram",
    tuned: false,
    options: { layers: [...layers], powers: [...powers] },
    needs: (state) => ({ summaries: [{ ...summary, features: state?.layers.map(({ layer }) => layer) ?? layers }] }),
    fit(_, given) {
      const ranges = new Map<string, (Range | undefined)[]>();
      const sums: number[] = [];
      let seen = 0;
      let count = 0;
      let bounds: Omit<LayerBounds, "expected">[] | undefined;
      let deviations: ReturnType<typeof deviationsBy>[] | undefined;
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
                  of(reading, predicted).forEach((value, i) => {
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
    scorer({ layers: states }) {
      const deviations = states.map((of) => deviationsBy(of, powers));
      return (reading) => {
        const scores = new Float64Array(reading.size);
        const predicted = predictionsOf(reading);
        for (const [l, { expected }] of states.entries()) {
          deviations[l]!(reading, predicted).forEach((value, i) => {
            scores[i]! += value / (expected + 1e-7);
          });
        }
        return scores;
      };
    },
  });
}

/** The statistics of the map of each example. */
function statisticsOf(reading: Reading, layer: string, powers: readonly number[]): Statistics[] {
  const { maps, summaries, size } = reading;
  const found = summaries.get(summaryKey(nameOf(powers), layer));
  const { data, shape } = found ?? maps.get(layer)!;
  const width = data.length / size;
  return Array.from({ length: size }, (_, i) => {
    // The square of the scale may be no float32.
    if (found) return { data, from: i * width + 1, count: width - 1, square: data[i * width]! ** 2 };
    return all(gramStatistics(rowOf(data, i, width), shape.at(-1)!, powers));
  });
}

/** What the statistics are called among what is read. */
function nameOf(powers: readonly number[]): string {
  return `gram by powers ${powers.join(", ")}`;
}

/** The predicted class of each example and its probability. */
interface Predictions {
  readonly classes: readonly number[];
  readonly probabilities: readonly number[];
}

function predictionsOf({ logits, size, classes }: Reading): Predictions {
  const rows = Array.from({ length: size }, (_, i) => softmax(rowOf(logits, i, classes)));
  const predicted = rows.map(argmax);
  return { classes: predicted, probabilities: rows.map((row, i) => row[predicted[i]!]!) };
}

/** Makes what gives the deviation of each example by one layer, over the probability of the predicted class. */
function deviationsBy(
  { layer, classes, pooled }: Omit<LayerBounds, "expected">,
  powers: readonly number[],
): (reading: Reading, predicted: Predictions) => number[] {
  const typed = ({ low, high }: Bounds): Range => ({ low: Float64Array.from(low), high: Float64Array.from(high) });
  const all = typed(pooled);
  const bounds = classes.map((of) => (of ? typed(of) : all));
  return (reading, predicted) =>
    statisticsOf(reading, layer, powers).map((statistics, i) => {
      const { low, high } = bounds[predicted.classes[i]!]!;
      return deviation(statistics, low, high) / predicted.probabilities[i]!;
    });
}

function widened(range: Range | undefined, { data, from, count, square }: Statistics): Range {
  const { low, high } = range ?? {
    low: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    high: new Float64Array(count).fill(Number.NEGATIVE_INFINITY),
  };
  for (let j = 0; j < count; j++) {
    const value = data[from + j]! * square;
    low[j] = Math.min(low[j]!, value);
    high[j] = Math.max(high[j]!, value);
  }
  return { low, high };
}

function boundsOf(layer: string, ranges: readonly (Range | undefined)[]): Omit<LayerBounds, "expected"> {
  const plain = (range: Range): Bounds => ({ low: Array.from(range.low), high: Array.from(range.high) });
  let pooled: Range | undefined;
  for (const range of ranges) if (range) pooled = widened(widened(pooled, all(range.low)), all(range.high));
  return { layer, classes: ranges.map((range) => (range ? plain(range) : null)), pooled: plain(pooled!) };
}

function all(values: Row): Statistics {
  return { data: values, from: 0, count: values.length, square: 1 };
}
