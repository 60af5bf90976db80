import { sortedDraws } from "./_read_chains.ts";

/**
 * Replaces each draw by the normal quantile of `(rank - 3/8) / (draws + 1/4)`, equal draws having the mean of their ranks
 * among all chains.
 */
export function rankNormalize(chains: readonly Float64Array[]): Float64Array[] {
  const sorted = sortedDraws(chains);
  const scores = new Map<number, number>();
  for (let first = 0; first < sorted.length; ) {
    let end = first + 1;
    while (end < sorted.length && sorted[end] === sorted[first]) end++;
    scores.set(sorted[first]!, standardQuantile(((first + 1 + end) / 2 - 0.375) / (sorted.length + 0.25)));
    first = end;
  }
  return chains.map((chain) => chain.map((value) => scores.get(value)!));
}

/** The standard normal quantile, by Newton's method on the distribution function, which is convex below 0. */
function standardQuantile(p: number): number {
  if (p > 0.5) return -standardQuantile(1 - p);
  let x = 0;
  for (let i = 0; i < 100; i++) {
    const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
    const step = (p - lowerTail(x, density)) / density;
    x = Math.min(0, x + step);
    if (Math.abs(step) < 1e-13) break;
  }
  return x;
}

/** The standard normal distribution function at `x <= 0`: 1/2 minus its series. */
function lowerTail(x: number, density: number): number {
  let term = -x;
  let sum = term;
  for (let k = 3; term > 1e-18; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 - density * sum;
}
