/**
 * The row sums of the Gram matrices of a map `[positions, channels]` for each power: `sign(r) |r|^(1 / p)` with
 * `r_c = sum_j sum_t F_tc^p F_tj^p`, in the order power, channel. In `positions * channels` products for each power up to the
 * largest, since the sum over `j` comes first.
 */
export function gramStatistics(map: Float32Array, channels: number, powers: readonly number[]): Float64Array {
  // Scaled to 1 before it is raised to a power, and back: they are homogeneous of degree 2, and 1e20^20 is not a number.
  const scale = largestOf(map) || 1;
  const highest = Math.max(...powers);
  const all = new Float64Array(highest * channels);
  const base = new Float64Array(channels);
  const raised = new Float64Array(channels);
  for (let from = 0; from < map.length; from += channels) {
    for (let c = 0; c < channels; c++) base[c] = map[from + c]! / scale;
    raised.fill(1);
    // One power after the other, by a product each: Math.pow is ten times slower.
    for (let row = 0; row < all.length; row += channels) {
      let total = 0;
      for (let c = 0; c < channels; c++) {
        const value = raised[c]! * base[c]!;
        raised[c] = value;
        total += value;
      }
      for (let c = 0; c < channels; c++) all[row + c]! += raised[c]! * total;
    }
  }
  const result = new Float64Array(powers.length * channels);
  powers.forEach((power, p) => {
    for (let c = 0; c < channels; c++) {
      const sum = all[(power - 1) * channels + c]!;
      result[p * channels + c] = scale * scale * Math.sign(sum) * Math.abs(sum) ** (1 / power);
    }
  });
  return result;
}

function largestOf(map: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < map.length; i++) {
    const size = Math.abs(map[i]!);
    if (size > largest) largest = size;
  }
  return largest;
}

/** By how much statistics leave their bounds: `(low - v)_+ / |low + 1e-6| + (v - high)_+ / |high + 1e-6|`, summed. */
export function deviation(values: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low[i]!) sum += (low[i]! - value) / Math.abs(low[i]! + 1e-6);
    else if (value > high[i]!) sum += (value - high[i]!) / Math.abs(high[i]! + 1e-6);
  }
  return sum;
}
