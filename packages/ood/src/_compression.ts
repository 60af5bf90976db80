import { tensor, tidy } from "@tensorflow/tfjs-core";
import { countOnDevice, hasCounts, packPrototypes } from "./_compression_on_device.ts";
import { argmax, rowOf } from "./_logits.ts";
import { compressionDistance, distanceOf, lempelZivComplexity } from "./_lz76.ts";
import { type Prototypes, symbolsOf } from "./_prototypes.ts";
import type { Reading } from "./_reading.ts";
import { type Summary, summaryKey } from "./_summaries.ts";

/** What describes maps of a layer by averages and, where they have more than one position, compression distances. */
export interface Description {
  /** What it takes of the maps where they are, on backends that can. */
  readonly summary: Summary;
  /** Describes each example of a reading: `[size, channels or 2 channels]`. */
  of(reading: Reading): Promise<Float64Array>;
}

let made = 0;

/** Makes a description by prototypes, whose values are cut into so many levels. */
export function describeBy({ layer, edges, classes, pooled }: Prototypes, levels: number): Description {
  const channels = edges.length;
  const distinct = [...classes.filter((of) => of !== null), pooled];
  const prototypeOf = classes.map((of) => distinct.indexOf(of ?? pooled));
  const complexities = distinct.map((of) => of.map(lempelZivComplexity));
  const packed = packPrototypes(levels, edges, distinct, prototypeOf);
  made += 1;
  const name = `compression ${made}`;

  /** The prototype of each example. */
  function prototypesOf({ logits, size, classes: count }: Reading): number[] {
    return Array.from({ length: size }, (_, i) => prototypeOf[argmax(rowOf(logits, i, count))]!);
  }

  /** What a backend counted, `[size, channels, 4]`, as rows. */
  function rowsOf(counts: ArrayLike<number>, reading: Reading): Float64Array {
    const rows = new Float64Array(reading.size * 2 * channels);
    prototypesOf(reading).forEach((prototype, i) => {
      for (let c = 0; c < channels; c++) {
        const at = 4 * (i * channels + c);
        const row = 2 * i * channels + c;
        rows[row] = counts[at]! + counts[at + 1]!;
        rows[row + channels] = distanceOf(counts[at + 2]!, complexities[prototype]![c]!, counts[at + 3]!);
      }
    });
    return rows;
  }

  /** Counts the maps of a reading by a backend that can, which a fit has read for other ends. */
  async function countsOf(reading: Reading): Promise<ArrayLike<number> | undefined> {
    if (!hasCounts()) return undefined;
    const { data, shape } = reading.maps.get(layer)!;
    const counts = tidy(() =>
      countOnDevice(tensor(data, [...shape]), tensor(reading.logits, [reading.size, reading.classes]), packed),
    );
    const values = await counts?.data();
    counts?.dispose();
    return values;
  }

  function onHost(reading: Reading): Float64Array {
    const { data } = reading.maps.get(layer)!;
    const width = data.length / reading.size;
    const positions = width / channels;
    const size = positions > 1 ? 2 * channels : channels;
    const rows = new Float64Array(reading.size * size);
    prototypesOf(reading).forEach((prototype, i) => {
      const map = rowOf(data, i, width);
      const row = rows.subarray(i * size, (i + 1) * size);
      for (let from = 0; from < width; from += channels) {
        for (let c = 0; c < channels; c++) row[c]! += map[from + c]!;
      }
      for (let c = 0; c < channels; c++) row[c]! /= positions;
      if (positions === 1) return;
      symbolsOf(map, channels, edges).forEach((symbols, c) => {
        row[channels + c] = compressionDistance(symbols, distinct[prototype]![c]!, complexities[prototype]![c]!);
      });
    });
    return rows;
  }

  return {
    summary: { name, features: [layer], of: (maps, logits) => countOnDevice(maps, logits, packed) },
    async of(reading) {
      const counts = reading.summaries.get(summaryKey(name, layer))?.data ?? (await countsOf(reading));
      return counts ? rowsOf(counts, reading) : onHost(reading);
    },
  };
}
