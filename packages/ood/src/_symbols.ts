import { percentile } from "./_penultimate.ts";

/** Collects numbers as a stream and gives quantiles: of all of them while they are few, then of every 2nd, 4th, ... of them. */
export interface QuantileSketch {
  add(value: number): void;
  /** The quantiles that cut the numbers into `levels` parts, `levels - 1` of them; none when there were no numbers. */
  edges(levels: number): number[];
}

const CAPACITY = 8192;

/** Begins a sketch. It depends on the order of the numbers alone. */
export function quantileSketch(): QuantileSketch {
  let kept: number[] = [];
  let stride = 1;
  let seen = 0;
  return {
    add(value) {
      if (seen % stride === 0) kept.push(value);
      seen += 1;
      if (kept.length < CAPACITY) return;
      kept = kept.filter((_, i) => i % 2 === 0);
      stride *= 2;
    },
    edges(levels) {
      if (kept.length === 0) return [];
      const sorted = Float64Array.from(kept).sort();
      return Array.from({ length: levels - 1 }, (_, i) => percentile(sorted, (100 * (i + 1)) / levels));
    },
  };
}

/** The level of a number: 0 for 0, else one more than how many edges are below it. */
export function levelOf(value: number, edges: readonly number[]): number {
  if (value === 0) return 0;
  let level = 1;
  for (const edge of edges) if (value > edge) level += 1;
  return level;
}
