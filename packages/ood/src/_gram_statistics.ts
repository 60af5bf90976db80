import type { Row } from "./_logits.ts";

/**
 * The row sums of the Gram matrices of a map `[positions, channels]` for each power: `sign(r) |r|^(1 / p)` with
 * `r_c = sum_j sum_t F_tc^p F_tj^p`, in the order power, channel. In `positions * channels` products for each power up to the
 * largest, since the sum over `j` comes first.
 */
export function gramStatistics(map: Float32Array, channels: number, powers: readonly number[]): Float64Array {
  // Scaled to 1 before it is raised to a power, and back: they are homogeneous of degree 2, and 1e20^20 is not a number.
  const scale = largestOf(map) || 1;
  const blocks = Array.from({ length: Math.ceil(Math.max(...powers) / BLOCK) }, () =>
    Array.from({ length: BLOCK }, () => new Float64Array(channels)),
  );
  const base = new Float64Array(channels);
  const raised = new Float64Array(channels);
  for (let from = 0; from < map.length; from += channels) {
    for (let c = 0; c < channels; c++) base[c] = map[from + c]! / scale;
    raised.fill(1);
    for (const sums of blocks) addPosition(base, raised, sums);
  }
  const result = new Float64Array(powers.length * channels);
  powers.forEach((power, p) => {
    const sums = blocks[Math.floor((power - 1) / BLOCK)]![(power - 1) % BLOCK]!;
    for (let c = 0; c < channels; c++) {
      const sum = sums[c]!;
      result[p * channels + c] = scale * scale * Math.sign(sum) * Math.abs(sum) ** (1 / power);
    }
  });
  return result;
}

/** How many powers go through a position together: as many as there are numbers that fit in registers. */
const BLOCK = 5;

/**
 * Adds a position to the sums of the next five powers: one power after the other by a product each, since `Math.pow` is ten
 * times slower, and written out, since that is four times faster than a loop.
 */
function addPosition(base: Float64Array, raised: Float64Array, sums: readonly Float64Array[]): void {
  const s0 = sums[0]!;
  const s1 = sums[1]!;
  const s2 = sums[2]!;
  const s3 = sums[3]!;
  const s4 = sums[4]!;
  let t0 = 0;
  let t1 = 0;
  let t2 = 0;
  let t3 = 0;
  let t4 = 0;
  for (let c = 0; c < base.length; c++) {
    const x = base[c]!;
    let power = raised[c]! * x;
    t0 += power;
    power *= x;
    t1 += power;
    power *= x;
    t2 += power;
    power *= x;
    t3 += power;
    power *= x;
    t4 += power;
  }
  for (let c = 0; c < base.length; c++) {
    const x = base[c]!;
    let power = raised[c]! * x;
    s0[c]! += power * t0;
    power *= x;
    s1[c]! += power * t1;
    power *= x;
    s2[c]! += power * t2;
    power *= x;
    s3[c]! += power * t3;
    power *= x;
    s4[c]! += power * t4;
    raised[c] = power;
  }
}

function largestOf(map: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < map.length; i++) {
    const size = Math.abs(map[i]!);
    if (size > largest) largest = size;
  }
  return largest;
}

/** Some of the numbers of an array, times `square`. */
export interface Statistics {
  readonly data: Row;
  readonly from: number;
  readonly count: number;
  readonly square: number;
}

/**
 * By how much statistics `v` leave their bounds: `(low - v)_+ / |low + 1e-6| + (v - high)_+ / |high + 1e-6|`, summed.
 */
export function deviation({ data, from, count, square }: Statistics, low: Float64Array, high: Float64Array): number {
  // Without branches, which no processor can predict here: d + |d| is twice what is positive of d.
  let below = 0;
  let above = 0;
  for (let i = 0; i < count; i++) {
    const value = data[from + i]! * square;
    const least = low[i]!;
    const most = high[i]!;
    const under = least - value;
    const over = value - most;
    below += (under + Math.abs(under)) / Math.abs(least + 1e-6);
    above += (over + Math.abs(over)) / Math.abs(most + 1e-6);
  }
  return (below + above) / 2;
}
