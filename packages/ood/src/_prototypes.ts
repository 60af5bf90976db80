import type { Row } from "./_logits.ts";
import type { Reading } from "./_reading.ts";
import { levelOf, type QuantileSketch, quantileSketch } from "./_symbols.ts";

/** How maps of a layer become symbols, and what they are compared to: symbols by channel. */
export interface Prototypes {
  readonly layer: string;
  readonly edges: readonly (readonly number[])[];
  /** By class; null where it had no examples. */
  readonly classes: readonly (readonly (readonly number[])[] | null)[];
  readonly pooled: readonly (readonly number[])[];
}

/** Sums under way. */
export interface Sums {
  readonly sketches: QuantileSketch[];
  readonly sums: Float64Array[];
  readonly counts: number[];
  readonly channels: number;
}

/** Begins sums of the maps of a layer. */
export function sumsOf({ maps, size, classes }: Reading, layer: string): Sums {
  const { data, shape } = maps.get(layer)!;
  const channels = shape.at(-1)!;
  return {
    channels,
    sketches: Array.from({ length: channels }, quantileSketch),
    sums: Array.from({ length: classes }, () => new Float64Array(data.length / size)),
    counts: new Array<number>(classes).fill(0),
  };
}

/** Adds the maps of a reading. */
export function addMaps(
  { sketches, sums, counts, channels }: Sums,
  { maps, size, labels }: Reading,
  layer: string,
): void {
  const { data } = maps.get(layer)!;
  const width = data.length / size;
  for (let i = 0; i < size; i++) {
    const label = labels![i]!;
    counts[label]! += 1;
    for (let j = 0; j < width; j++) {
      const value = data[i * width + j]!;
      sums[label]![j]! += value;
      if (value !== 0) sketches[j % channels]!.add(value);
    }
  }
}

/** Where sums lead to. */
export function prototypesOf(layer: string, { sketches, sums, counts, channels }: Sums, levels: number): Prototypes {
  const edges = sketches.map((sketch) => sketch.edges(levels));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const pooled = Float64Array.from(sums[0]!, (_, j) => sums.reduce((sum, of) => sum + of[j]!, 0) / total);
  return {
    layer,
    edges,
    classes: sums.map((of, k) => {
      return counts[k]
        ? symbolsOf(
            of.map((value) => value / counts[k]!),
            channels,
            edges,
          ).map((symbols) => Array.from(symbols))
        : null;
    }),
    pooled: symbolsOf(pooled, channels, edges).map((symbols) => Array.from(symbols)),
  };
}

/** The levels of each channel of a map, row by row. */
export function symbolsOf(map: Row, channels: number, edges: readonly (readonly number[])[]): Int32Array[] {
  const positions = map.length / channels;
  return edges.map((of, c) => {
    const symbols = new Int32Array(positions);
    for (let t = 0, at = c; t < positions; t++, at += channels) symbols[t] = levelOf(map[at]!, of);
    return symbols;
  });
}
