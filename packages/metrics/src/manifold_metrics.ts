import { checkCount } from "./_check.ts";
import { innerProducts } from "./_gram.ts";
import { allFeatures, checkDimensions, readFeatures } from "./_read_features.ts";
import type { MatMul } from "./matmul.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode manifoldMetrics}. */
export interface ManifoldMetricsOptions {
  /** Which nearest neighbour, itself not counted, gives the radius of an example's ball. @default {5} */
  readonly neighbors?: number;
  /** A float64 matrix product to use instead of our own. @default {undefined} */
  readonly matmul?: MatMul | undefined;
}

/** How two sets of features cover one another. */
export interface ManifoldMetrics {
  /** The share of generated examples inside a ball of a real one: fidelity. */
  readonly precision: number;
  /** The share of real examples inside a ball of a generated one: diversity. */
  readonly recall: number;
  /** How many real balls a generated example is in, on average, over `neighbors`; can exceed 1. */
  readonly density: number;
  /** The share of real examples whose ball has a generated example in it. */
  readonly coverage: number;
}

/**
 * Precision, recall, density and coverage of generated features: balls around the examples of one set reach to their
 * `neighbors`-th nearest neighbour in it, and examples of the other set are strictly inside or not.
 *
 * @example Usage
 * ```ts
 * import { manifoldMetrics } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const real = [[0], [1], [2], [3]];
 * const generated = [[0.5], [10]];
 * expect(manifoldMetrics(real, generated, { neighbors: 1 })).toEqual({ precision: 0.5, recall: 1, density: 1, coverage: 0.5 });
 * ```
 *
 * @see {@link https://arxiv.org/abs/1904.06991 | Kynkäänniemi et al., Improved precision and recall metric}
 * @see {@link https://arxiv.org/abs/2002.09797 | Naeem et al., Reliable fidelity and diversity metrics}
 *
 * @param real Features, one row an example, `[n, dimension]`, finite, `n` more than `neighbors`.
 * @param generated Features of the generated examples, likewise.
 * @param options The neighbour and an accelerator.
 * @returns The four metrics.
 * @throws {TypeError} When a set is no matrix or dimensions differ.
 * @throws {RangeError} When there are too few rows, one is not finite, or `neighbors` is not a positive integer.
 */
export function manifoldMetrics(
  real: Matrix,
  generated: Matrix,
  options: ManifoldMetricsOptions = {},
): ManifoldMetrics {
  const { neighbors = 5, matmul } = options;
  const action = "compute precision and recall";
  checkCount(action, "neighbors", neighbors);
  const readers = [
    readFeatures(action, "real", real, neighbors + 1),
    readFeatures(action, "generated", generated, neighbors + 1),
  ] as const;
  const d = readers[0].dimension;
  checkDimensions(action, d, readers[1].dimension);
  const r = allFeatures(readers[0]);
  const g = allFeatures(readers[1]);
  const m = readers[0].count;
  const n = readers[1].count;
  const realRadii = radii(r, m, d, neighbors, matmul);
  const generatedRadii = radii(g, n, d, neighbors, matmul);
  const inReal = new Float64Array(n);
  let recalled = 0;
  let covered = 0;
  forRows(r, m, g, n, d, matmul, (i, distances) => {
    let isRecalled = false;
    let nearest = Number.POSITIVE_INFINITY;
    for (let j = 0; j < n; j++) {
      const distance = distances[j]!;
      if (distance < realRadii[i]!) inReal[j]! += 1;
      if (distance < generatedRadii[j]!) isRecalled = true;
      nearest = Math.min(nearest, distance);
    }
    if (isRecalled) recalled += 1;
    if (nearest < realRadii[i]!) covered += 1;
  });
  return {
    precision: inReal.reduce((sum, balls) => sum + (balls > 0 ? 1 : 0), 0) / n,
    recall: recalled / m,
    density: inReal.reduce((sum, balls) => sum + balls, 0) / (neighbors * n),
    coverage: covered / m,
  };
}

/** The squared distance of each row to its `k`-th nearest other row. */
function radii(x: Float64Array, m: number, d: number, k: number, matmul: MatMul | undefined): Float64Array {
  const result = new Float64Array(m);
  forRows(x, m, x, m, d, matmul, (i, distances) => {
    distances[i] = -1;
    result[i] = distances.slice().sort()[k]!;
  });
  return result;
}

/** Calls `visit` with the squared distances of each row of `x` to all rows of `y`, a block of rows at a time. */
function forRows(
  x: Float64Array,
  m: number,
  y: Float64Array,
  n: number,
  d: number,
  matmul: MatMul | undefined,
  visit: (i: number, distances: Float64Array) => void,
): void {
  const squares = (z: Float64Array, rows: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => z.subarray(i * d, (i + 1) * d).reduce((sum, v) => sum + v * v, 0));
  const xx = squares(x, m);
  const yy = squares(y, n);
  const distances = new Float64Array(n);
  for (let first = 0; first < m; first += 256) {
    const rows = Math.min(256, m - first);
    const products = innerProducts(x.slice(first * d, (first + rows) * d), y, rows, n, d, matmul);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < n; j++) distances[j] = Math.max(0, xx[first + i]! + yy[j]! - 2 * products[i * n + j]!);
      visit(first + i, distances);
    }
  }
}
