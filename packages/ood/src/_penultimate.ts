import { type Row, rowOf } from "./_logits.ts";
import type { Reading } from "./_reading.ts";

/** What the last layer takes in, for detectors that need it. */
export const PENULTIMATE = { pooled: ["penultimate"] } as const;

/** The penultimate features of a reading, row-major. */
export function penultimateOf({ pooled }: Reading): Float32Array {
  return pooled.get("penultimate")!.data;
}

/** The penultimate features of a reading, row by row. */
export function penultimateRows(reading: Reading): Row[] {
  const { size } = reading;
  const data = penultimateOf(reading);
  const width = data.length / size;
  return Array.from({ length: size }, (_, i) => rowOf(data, i, width));
}

/** The value below which `percent` percent of sorted numbers are, interpolated as numpy does by default. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}
