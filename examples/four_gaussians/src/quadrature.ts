import type { Points } from "./density.ts";

/** A grid of midpoints on [-4, 4]^2, on which integrals are sums. */
export interface Grid extends Points {
  /** How many points a side has. */
  readonly side: number;
  /** The area that each point stands for. */
  readonly area: number;
}

/** The grid with `side` points a side; four a standard deviation make sums of these Gaussians exact to rounding. */
export function squareGrid(side: number = 200): Grid {
  const step = 8 / side;
  const at = (i: number): number => -4 + (i + 0.5) * step;
  // The second coordinate grows upwards, as images are seen.
  const values = Float32Array.from({ length: 2 * side * side }, (_, i) => {
    const point = i >> 1;
    return i % 2 === 0 ? at(point % side) : -at(Math.floor(point / side));
  });
  return { values, size: side * side, side, area: step * step };
}

/** `KL(p || q)` of `log p` and of a `log q` that need not be normalised: both are, on the grid. */
export function divergence(logP: Float64Array, logQ: Float64Array, { area }: Grid): number {
  const [p, q] = [normalize(logP, area), normalize(logQ, area)];
  let sum = 0;
  p.forEach((value, i) => {
    sum += Math.exp(value) * (value - q[i]!);
  });
  return sum * area;
}

/** The slope of the regression of `f` on `log p` over `p`: `Cov_p(f, log p) / Var_p(log p)`. */
export function slope(logP: Float64Array, f: Float64Array, { area }: Grid): number {
  const weights = normalize(logP, area).map((value) => Math.exp(value) * area);
  const mean = (values: Float64Array): number => values.reduce((sum, value, i) => sum + weights[i]! * value, 0);
  const [meanF, meanP] = [mean(f), mean(logP)];
  const covariance = mean(f.map((value, i) => (value - meanF) * (logP[i]! - meanP)));
  return covariance / mean(logP.map((value) => (value - meanP) ** 2));
}

/** The accuracy of the best classifier there is: the integral of the largest `p(x, y)`. */
export function bayesAccuracy(logits: Float64Array, { size, area }: Grid): number {
  const classes = logits.length / size;
  let sum = 0;
  for (let i = 0; i < size; i++) sum += Math.exp(Math.max(...logits.subarray(i * classes, (i + 1) * classes)));
  return sum * area;
}

/** Subtracts the logarithm of the integral over the grid. */
export function normalize(logDensity: Float64Array, area: number): Float64Array {
  const most = logDensity.reduce((a, b) => Math.max(a, b));
  const logMass = most + Math.log(logDensity.reduce((sum, value) => sum + Math.exp(value - most), 0) * area);
  return logDensity.map((value) => value - logMass);
}
