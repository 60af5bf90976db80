/** Copies chains to float64; throws unless they are at least one, of equal length of at least 4, and finite. */
export function readChains(action: string, chains: readonly ArrayLike<number>[]): Float64Array[] {
  const draws = chains[0]?.length ?? 0;
  if (draws < 4) {
    throw new RangeError(`Cannot ${action}: chains must hold at least 4 draws each but found ${draws}`);
  }
  return chains.map((chain, i) => {
    if (chain.length !== draws) {
      throw new TypeError(`Cannot ${action}: chains must have equal length but found ${draws} and ${chain.length}`);
    }
    const copy = Float64Array.from(chain);
    const wrong = copy.find((value) => !Number.isFinite(value));
    if (wrong !== undefined)
      throw new RangeError(`Cannot ${action}: draws must be finite but found ${wrong} in chain ${i}`);
    return copy;
  });
}

/** The first and last halves of all chains; of an odd length the middle draw is left out. */
export function splitChains(chains: readonly Float64Array[]): Float64Array[] {
  const half = Math.floor(chains[0]!.length / 2);
  return [...chains.map((chain) => chain.subarray(0, half)), ...chains.map((chain) => chain.subarray(-half))];
}

/** The mean. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** The unbiased variance. */
export function varianceOf(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - mean) ** 2;
  return sum / (values.length - 1);
}

/** All draws in ascending order. */
export function sortedDraws(chains: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(chains.length * chains[0]!.length);
  chains.forEach((chain, i) => {
    all.set(chain, i * chain.length);
  });
  return all.sort();
}

/** The quantile of sorted values, interpolated (type 7 of R). */
export function quantileOf(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (at - below) * (high - low);
}

/** A chain less its mean. */
export function centre(chain: Float64Array): Float64Array {
  const mean = meanOf(chain);
  return chain.map((value) => value - mean);
}

/** The biased autocovariance of a chain of mean 0. */
export function autocovariance(centred: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < centred.length; i++) sum += centred[i]! * centred[i - lag]!;
  return sum / centred.length;
}
