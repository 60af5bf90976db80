import { checkCount } from "./_check.ts";
import { multiply, transpose } from "./_multiply.ts";
import { allFeatures, checkDimensions, type FeatureReader, readFeatures } from "./_read_features.ts";
import type { MatMul } from "./matmul.ts";
import type { Matrix } from "./matrix.ts";

/** How many rows are compared with all columns at a time. */
const BLOCK = 256;

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
  checkDimensions(action, readers[0].dimension, readers[1].dimension);
  const [m, n] = [readers[0].count, readers[1].count];
  const realRadii = radii(readers[0], columnsOf(readers[0]), neighbors, matmul);
  const columns = columnsOf(readers[1]);
  const generatedRadii = radii(readers[1], columns, neighbors, matmul);
  const inReal = new Float64Array(n);
  let recalled = 0;
  let covered = 0;
  forRows(readers[0], columns, matmul, (i, distances) => {
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

/** All rows of a set as the columns of a matrix, `[dimension, count]`, with their squared lengths. */
interface Columns {
  readonly data: Float64Array;
  readonly squares: Float64Array;
}

function columnsOf(reader: FeatureReader): Columns {
  const rows = allFeatures(reader);
  const data = transpose(rows, reader.count, reader.dimension);
  return { data, squares: squaresOf(rows, reader.count, reader.dimension) };
}

/** The squared distance of each row to its `k`-th nearest other row. */
function radii(reader: FeatureReader, columns: Columns, k: number, matmul: MatMul | undefined): Float64Array {
  const result = new Float64Array(reader.count);
  const nearest = new Float64Array(k);
  forRows(reader, columns, matmul, (i, distances) => {
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < distances.length; j++) {
      const distance = distances[j]!;
      if (j === i || distance >= nearest[k - 1]!) continue;
      let at = k - 1;
      for (; at > 0 && nearest[at - 1]! > distance; at--) nearest[at] = nearest[at - 1]!;
      nearest[at] = distance;
    }
    result[i] = nearest[k - 1]!;
  });
  return result;
}

/** Calls `visit` with the squared distances of each row to all columns, a block of rows at a time. */
function forRows(
  reader: FeatureReader,
  { data, squares }: Columns,
  matmul: MatMul | undefined,
  visit: (i: number, distances: Float64Array) => void,
): void {
  const { count, dimension: d } = reader;
  const n = squares.length;
  const distances = new Float64Array(n);
  const buffer = new Float64Array(Math.min(BLOCK, count) * d);
  for (let first = 0; first < count; first += BLOCK) {
    const m = Math.min(BLOCK, count - first);
    const rows = buffer.subarray(0, m * d);
    reader.read(rows, first, first + m);
    const own = squaresOf(rows, m, d);
    const products = multiply(rows, data, [m, d, n], matmul);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) distances[j] = Math.max(0, own[i]! + squares[j]! - 2 * products[i * n + j]!);
      visit(first + i, distances);
    }
  }
}

function squaresOf(rows: Float64Array, count: number, d: number): Float64Array {
  const squares = new Float64Array(count);
  for (let i = 0; i < count; i++) for (let k = i * d; k < (i + 1) * d; k++) squares[i]! += rows[k]! ** 2;
  return squares;
}
