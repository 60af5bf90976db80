import { type Deviating, deviationsOnDevice } from "./_gram_on_device.ts";
import { deviation, gramStatistics, type Statistics } from "./_gram_statistics.ts";
import { argmax, type Row, rowOf, softmax } from "./_logits.ts";
import type { Reading } from "./_reading.ts";
import { type Summary, summaryKey } from "./_summaries.ts";

/** The bounds of a statistic, by class. */
interface Bounds {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** The bounds of a layer. */
export interface LayerBounds {
  readonly layer: string;
  /** By predicted class; null where it was never predicted. */
  readonly classes: readonly (Bounds | null)[];
  /** Of all classes together. */
  readonly pooled: Bounds;
  /** The mean deviation of validation examples. */
  readonly expected: number;
}

/** Bounds under way. */
export interface Range {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** The statistics of the map of each example. */
export function statisticsOf(reading: Reading, layer: string, powers: readonly number[]): Statistics[] {
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
export function nameOf(powers: readonly number[]): string {
  return `gram by powers ${powers.join(", ")}`;
}

/** The predicted class of each example and its probability. */
export interface Predictions {
  readonly classes: readonly number[];
  readonly probabilities: readonly number[];
}

/** The predictions of a reading. */
export function predictionsOf({ logits, size, classes }: Reading): Predictions {
  const rows = Array.from({ length: size }, (_, i) => softmax(rowOf(logits, i, classes)));
  const predicted = rows.map(argmax);
  return { classes: predicted, probabilities: rows.map((row, i) => row[predicted[i]!]!) };
}

/** What gives the deviation of each example by one layer. */
export interface Deviations {
  /** What it takes of the maps where they are, on backends that can. */
  readonly summary: Summary;
  /** The deviations over the probabilities of the predicted classes. */
  of(reading: Reading, predicted: Predictions): number[];
}

let made = 0;

/** Makes what gives the deviation of each example by one layer. */
export function deviationsBy(
  { layer, classes, pooled }: Omit<LayerBounds, "expected">,
  powers: readonly number[],
): Deviations {
  const distinct = [...classes.filter((of) => of !== null), pooled];
  const ranges = distinct.map(
    ({ low, high }): Range => ({ low: Float64Array.from(low), high: Float64Array.from(high) }),
  );
  const boundsOf = Int32Array.from(classes, (of) => distinct.indexOf(of ?? pooled));
  const device: Deviating = {
    powers,
    low: Float64Array.from(distinct.flatMap(({ low }) => low)),
    high: Float64Array.from(distinct.flatMap(({ high }) => high)),
    boundsOf,
  };
  made += 1;
  const name = `gram deviations ${made}`;

  function onHost(reading: Reading, predicted: Predictions): number[] {
    return statisticsOf(reading, layer, powers).map((statistics, i) => {
      const { low, high } = ranges[boundsOf[predicted.classes[i]!]!]!;
      return deviation(statistics, low, high);
    });
  }

  return {
    summary: { name, features: [layer], of: (maps, logits) => deviationsOnDevice(maps, logits, device) },
    of(reading, predicted) {
      const pairs = reading.summaries.get(summaryKey(name, layer))?.data;
      const found = pairs
        ? Array.from({ length: reading.size }, (_, i) => pairs[2 * i]! + pairs[2 * i + 1]!)
        : onHost(reading, predicted);
      return found.map((value, i) => value / predicted.probabilities[i]!);
    },
  };
}

/** A range with the statistics of another example in it. */
export function widened(range: Range | undefined, { data, from, count, square }: Statistics): Range {
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

/** The bounds of a layer by ranges. */
export function boundsOf(layer: string, ranges: readonly (Range | undefined)[]): Omit<LayerBounds, "expected"> {
  const plain = (range: Range): Bounds => ({ low: Array.from(range.low), high: Array.from(range.high) });
  let pooled: Range | undefined;
  for (const range of ranges) if (range) pooled = widened(widened(pooled, all(range.low)), all(range.high));
  return { layer, classes: ranges.map((range) => (range ? plain(range) : null)), pooled: plain(pooled!) };
}

function all(values: Row): Statistics {
  return { data: values, from: 0, count: values.length, square: 1 };
}
