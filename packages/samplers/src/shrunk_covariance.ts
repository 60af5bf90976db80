import { checkFinite, checkKind, checkProbability, checkShape } from "./_check.ts";

/** Options of {@linkcode shrunkCovariance}. */
export interface ShrunkCovarianceOptions {
  /** How the shrinkage is chosen, or the shrinkage itself, from 0 to 1. @default {"ledoit-wolf"} */
  readonly shrinkage?: "ledoit-wolf" | "oas" | number;
}

/** The mean and a shrunk covariance of some data. */
export interface ShrunkCovariance {
  /** The mean, `[dimensions]`. */
  readonly mean: Float64Array;
  /** The covariance, row-major `[dimensions, dimensions]`. */
  readonly covariance: Float64Array;
  /** The shrinkage `rho`, from 0 to 1. */
  readonly shrinkage: number;
}

/**
 * Estimates a covariance that is well conditioned also from fewer examples than dimensions: `(1 - rho) S + rho m I` with
 * `S` the covariance of the data and `m` the mean of its diagonal. In float64, in `examples * dimensions^2 / 2` products.
 *
 * @example Usage
 * ```ts
 * import { shrunkCovariance } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const { mean, covariance } = shrunkCovariance([0, 0, 2, 4], 2, { shrinkage: 0 });
 * expect([...mean]).toEqual([1, 2]);
 * expect([...covariance]).toEqual([1, 2, 2, 4]);
 * ```
 *
 * @see {@link https://doi.org/10.1016/S0047-259X(03)00096-4 | Ledoit and Wolf, A well-conditioned estimator for large-dimensional covariance matrices}
 * @see {@link https://arxiv.org/abs/0907.4698 | Chen et al., Shrinkage algorithms for MMSE covariance estimation (OAS)}
 *
 * @param data The examples, row-major `[examples, dimensions]`; at least one.
 * @param dimensions How many values an example has.
 * @param options The shrinkage.
 * @returns The mean and the covariance.
 * @throws {TypeError} When the data are no rows of `dimensions` values, or the kind of shrinkage is unknown.
 * @throws {RangeError} When a value is not finite, or a given shrinkage is not from 0 to 1.
 */
export function shrunkCovariance(
  data: ArrayLike<number>,
  dimensions: number,
  options: ShrunkCovarianceOptions = {},
): ShrunkCovariance {
  const action = "estimate a covariance";
  const { shrinkage = "ledoit-wolf" } = options;
  if (typeof shrinkage === "number") checkProbability(action, "shrinkage", shrinkage);
  else checkKind(action, "shrinkage", shrinkage, ["ledoit-wolf", "oas"]);
  const n = Math.max(1, Math.floor(data.length / dimensions));
  checkShape(action, "data", [data.length], [n * dimensions]);
  checkFinite(action, "data", data, dimensions);
  const mean = new Float64Array(dimensions);
  for (let i = 0; i < data.length; i++) mean[i % dimensions]! += data[i]! / n;
  const covariance = new Float64Array(dimensions * dimensions);
  const row = new Float64Array(dimensions);
  let fourth = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < dimensions; j++) row[j] = data[i * dimensions + j]! - mean[j]!;
    fourth += sumOfSquares(row) ** 2 / n;
    addOuter(covariance, row, 1 / n);
  }
  mirror(covariance, dimensions);
  const rho = typeof shrinkage === "number" ? shrinkage : chosenShrinkage(covariance, dimensions, n, fourth, shrinkage);
  const target = trace(covariance, dimensions) / dimensions;
  for (let i = 0; i < covariance.length; i++) covariance[i]! *= 1 - rho;
  for (let j = 0; j < dimensions; j++) covariance[j * dimensions + j]! += rho * target;
  return { mean, covariance, shrinkage: rho };
}

/** The shrinkage that is near the best in squared error, from `fourth`, the mean of the fourth powers of the norms. */
function chosenShrinkage(s: Float64Array, p: number, n: number, fourth: number, kind: "ledoit-wolf" | "oas"): number {
  const squares = sumOfSquares(s);
  const spread = squares - trace(s, p) ** 2 / p;
  // All directions have the same variance: S is its own target.
  if (!(spread > 0)) return 0;
  if (kind === "ledoit-wolf") return Math.min(fourth - squares, n * spread) / (n * spread);
  const [mean, square] = [trace(s, p) / p, squares / p ** 2];
  return Math.min(1, (square + mean ** 2) / ((n + 1) * (square - mean ** 2 / p)));
}

/** Adds `weight row row^T` to the lower triangle. */
function addOuter(matrix: Float64Array, row: Float64Array, weight: number): void {
  const p = row.length;
  for (let j = 0; j < p; j++) {
    const factor = weight * row[j]!;
    if (factor === 0) continue;
    for (let k = 0, at = j * p; k <= j; k++, at++) matrix[at]! += factor * row[k]!;
  }
}

function mirror(matrix: Float64Array, p: number): void {
  for (let j = 0; j < p; j++) for (let k = 0; k < j; k++) matrix[k * p + j] = matrix[j * p + k]!;
}

function trace(matrix: Float64Array, p: number): number {
  let sum = 0;
  for (let j = 0; j < p; j++) sum += matrix[j * p + j]!;
  return sum;
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
