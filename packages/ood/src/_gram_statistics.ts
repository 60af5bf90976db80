/**
 * The row sums of the Gram matrices of a map `[positions, channels]` for each power: `sign(r) |r|^(1 / p)` with
 * `r_c = sum_j sum_t F_tc^p F_tj^p`, in the order power, channel. In `positions * channels` products for each power, since
 * the sum over `j` comes first.
 */
export function gramStatistics(map: Float32Array, channels: number, powers: readonly number[]): Float64Array {
  const positions = map.length / channels;
  // Scaled to 1 before it is raised to a power, and back: they are homogeneous of degree 2, and 1e20^20 is not a number.
  const scale = map.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const result = new Float64Array(powers.length * channels);
  const raised = new Float64Array(channels);
  powers.forEach((power, p) => {
    const sums = result.subarray(p * channels, (p + 1) * channels);
    for (let t = 0; t < positions; t++) {
      let total = 0;
      for (let c = 0; c < channels; c++) {
        const value = (map[t * channels + c]! / scale) ** power;
        raised[c] = value;
        total += value;
      }
      for (let c = 0; c < channels; c++) sums[c]! += raised[c]! * total;
    }
    for (let c = 0; c < channels; c++) {
      const sum = sums[c]!;
      sums[c] = scale * scale * Math.sign(sum) * Math.abs(sum) ** (1 / power);
    }
  });
  return result;
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
