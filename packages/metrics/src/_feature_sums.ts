import { multiplyAdd, transpose } from "./_multiply.ts";
import { checkDimensions, type FeatureReader } from "./_read_features.ts";
import type { FeatureStatistics } from "./feature_statistics.ts";
import type { MatMul } from "./matmul.ts";

/** How many rows of features, and how many columns of a plugged-in product, are taken at a time. */
const BLOCK = 512;

/** Sums of features and of their products, less a shift that keeps large means from cancelling. */
export interface FeatureSums {
  /** Adds the rows of a reader. */
  add(reader: FeatureReader): void;
  /** The statistics so far; throws a RangeError below two rows. */
  statistics(extractor: string): FeatureStatistics;
}

/** The statistics of the rows of a reader, at least two. */
export function statisticsOf(reader: FeatureReader, extractor: string, matmul: MatMul | undefined): FeatureStatistics {
  const sums = featureSums(matmul);
  sums.add(reader);
  return sums.statistics(extractor);
}

/** Sums of no rows yet. */
export function featureSums(matmul: MatMul | undefined): FeatureSums {
  let shift: Float64Array | undefined;
  let sum = new Float64Array(0);
  let scatter = new Float64Array(0);
  let count = 0;
  return {
    add(reader) {
      const d = reader.dimension;
      if (shift) checkDimensions("add features", sum.length, d);
      const buffer = new Float64Array(Math.min(BLOCK, reader.count) * d);
      const transposed = new Float64Array(matmul ? buffer.length : 0);
      for (let first = 0; first < reader.count; first += BLOCK) {
        const rows = Math.min(BLOCK, reader.count - first);
        const block = buffer.subarray(0, rows * d);
        reader.read(block, first, first + rows);
        if (!shift) {
          shift = meanOf(block, rows, d);
          sum = new Float64Array(d);
          scatter = new Float64Array(d * d);
        }
        for (let i = 0; i < rows; i++) for (let k = 0; k < d; k++) sum[k]! += block[i * d + k]! -= shift[k]!;
        addProducts(scatter, block, rows, d, matmul, transposed);
      }
      count += reader.count;
    },
    statistics(extractor) {
      if (count < 2 || !shift) {
        throw new RangeError(
          `Cannot compute feature statistics: features must have at least 2 rows but found ${count}`,
        );
      }
      const d = sum.length;
      const covariance = new Float64Array(d * d);
      for (let i = 0; i < d; i++) {
        for (let j = i; j < d; j++) {
          const value = (scatter[i * d + j]! - (sum[i]! * sum[j]!) / count) / (count - 1);
          covariance[i * d + j] = value;
          covariance[j * d + i] = value;
        }
      }
      return { mean: sum.map((s, k) => shift![k]! + s / count), covariance, count, extractor };
    },
  };
}

/** Adds the products of the columns of `x`, `[rows, d]`, to the upper triangle of `scatter`, `[d, d]`. */
function addProducts(
  scatter: Float64Array,
  x: Float64Array,
  rows: number,
  d: number,
  matmul: MatMul | undefined,
  buffer: Float64Array,
): void {
  if (!matmul) {
    const transposed = { data: x, row: 1, column: d };
    multiplyAdd(scatter, transposed, { data: x, row: d, column: 1 }, [d, rows, d], true);
    return;
  }
  const transposed = transpose(x, rows, d, buffer);
  for (let left = 0; left < d; left += BLOCK) {
    // The columns from `left` to `right`, with those up to `right`: what else there is lies below the diagonal.
    const right = Math.min(d, left + BLOCK);
    const width = right - left;
    const columns = new Float64Array(rows * width);
    for (let i = 0; i < rows; i++) columns.set(x.subarray(i * d + left, i * d + right), i * width);
    const products = matmul(transposed.subarray(0, right * rows), columns, right, rows, width);
    for (let i = 0; i < right; i++) {
      for (let j = 0; j < width; j++) scatter[i * d + left + j]! += products[i * width + j]!;
    }
  }
}

function meanOf(block: Float64Array, rows: number, d: number): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < rows; i++) for (let k = 0; k < d; k++) mean[k]! += block[i * d + k]! / rows;
  return mean;
}
