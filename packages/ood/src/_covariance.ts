import { cholesky } from "./_cholesky.ts";

/** How a covariance is shrunk: by OAS where it has to be, or by a number from 0 to 1. */
export type Shrinkage = "auto" | number;

/** Throws unless it is a way to shrink. */
export function checkShrinkage(action: string, shrinkage: Shrinkage): void {
  if (shrinkage !== "auto" && !(shrinkage >= 0 && shrinkage <= 1)) {
    throw new RangeError(`Cannot ${action}: shrinkage must be "auto" or from 0 to 1 but found ${shrinkage}`);
  }
}

/** The indices of the features that vary: variances that are rounding noise beside the largest one are none. */
export function varying(scatter: Float64Array, n: number): number[] {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, scatter[i * n + i]!);
  return Array.from({ length: n }, (_, i) => i).filter((i) => scatter[i * n + i]! > 1e-12 * largest);
}

/** The rows and columns `kept` of a matrix `[n, n]`, divided by `count`. */
export function covarianceOf(scatter: Float64Array, n: number, kept: readonly number[], count: number): Float64Array {
  const d = kept.length;
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++) covariance[i * d + j] = scatter[kept[i]! * n + kept[j]!]! / count;
  return covariance;
}

/** What a covariance was shrunk by, and its Cholesky factor. */
export interface Factored {
  readonly shrinkage: number;
  readonly factor: Float64Array;
}

/**
 * The Cholesky factor of `(1 - rho) S + rho tr(S) / d I`: with "auto", `rho` is 0 where `S` has full rank, that of OAS elsewhere.
 * `degrees` are the degrees of freedom of `S`, `count` the number of examples.
 */
export function factorCovariance(
  action: string,
  covariance: Float64Array,
  { d, degrees, count, shrinkage }: { d: number; degrees: number; count: number; shrinkage: Shrinkage },
): Factored {
  if (shrinkage !== "auto") {
    const factor = cholesky(shrink(covariance, d, shrinkage), d);
    if (factor) return { shrinkage, factor };
    throw new RangeError(
      `Cannot ${action}: the covariance must be positive definite but found ${degrees} degrees of freedom for ${d} features; use shrinkage "auto"`,
    );
  }
  const factor = degrees < d ? undefined : cholesky(covariance, d);
  if (factor) return { shrinkage: 0, factor };
  const rho = oas(covariance, d, count);
  return { shrinkage: rho, factor: cholesky(shrink(covariance, d, rho), d)! };
}

function shrink(covariance: Float64Array, d: number, rho: number): Float64Array {
  const ridge = (rho * trace(covariance, d)) / d;
  const shrunk = covariance.map((value) => (1 - rho) * value);
  for (let i = 0; i < d; i++) shrunk[i * d + i]! += ridge;
  return shrunk;
}

/** The oracle approximating shrinkage of Chen et al. 2010, in the form of scikit-learn. */
function oas(covariance: Float64Array, d: number, count: number): number {
  const alpha = covariance.reduce((sum, value) => sum + value * value, 0) / (d * d);
  const mu2 = (trace(covariance, d) / d) ** 2;
  const denominator = (count + 1) * (alpha - mu2 / d);
  return denominator <= 0 ? 1 : Math.min(1, (alpha + mu2) / denominator);
}

function trace(matrix: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += matrix[i * d + i]!;
  return sum;
}
