import { copyNumbers, FINITE, indexOutside } from "./_numbers.ts";
import { outside, shapeOf } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";

/** How many rows are copied at a time: the whole may be large. */
const BLOCK = 512;

/** Checked features `[count, dimension]` that are copied to float64 a block of rows at a time. */
export interface FeatureReader {
  readonly count: number;
  readonly dimension: number;
  /** Copies the rows `first, ..., last - 1` to the beginning of `target`. */
  read(target: Float64Array, first: number, last: number): void;
}

/** Throws unless `matrix` is `[n, dimension]` with at least `minimum` rows and finite values. */
export function readFeatures(action: string, name: string, matrix: Matrix, minimum: number = 1): FeatureReader {
  const [count, dimension] = shapeOf(action, name, matrix, "dimension");
  if (count < minimum) {
    throw new RangeError(`Cannot ${action}: ${name} must have at least ${minimum} rows but found ${count}`);
  }
  if (dimension < 1) throw new RangeError(`Cannot ${action}: ${name} must have at least 1 column but found 0`);
  const read = (target: Float64Array, first: number, last: number): void => {
    if ("data" in matrix) copyNumbers(target, 0, matrix.data, first * dimension, last * dimension);
    else for (let i = first; i < last; i++) copyNumbers(target, (i - first) * dimension, matrix[i]!, 0, dimension);
  };
  const block = new Float64Array(Math.min(BLOCK, count) * dimension);
  for (let first = 0; first < count; first += BLOCK) {
    const rows = Math.min(BLOCK, count - first);
    read(block, first, first + rows);
    const wrong = indexOutside(block.subarray(0, rows * dimension), FINITE);
    if (wrong < 0) continue;
    throw outside(action, name, matrix, FINITE, [first + Math.floor(wrong / dimension), wrong % dimension]);
  }
  return { count, dimension, read };
}

/** The reader of the chosen rows alone. */
export function selectRows(reader: FeatureReader, rows: ArrayLike<number>): FeatureReader {
  const { dimension } = reader;
  return {
    count: rows.length,
    dimension,
    read(target, first, last) {
      for (let i = first; i < last; i++) reader.read(target.subarray((i - first) * dimension), rows[i]!, rows[i]! + 1);
    },
  };
}

/** Throws unless two sets of features have the same dimension. */
export function checkDimensions(action: string, a: number, b: number): void {
  if (a !== b) throw new TypeError(`Cannot ${action}: both sets must have the same dimension but found ${a} and ${b}`);
}

/** All features as one array. */
export function allFeatures(reader: FeatureReader): Float64Array {
  const data = new Float64Array(reader.count * reader.dimension);
  reader.read(data, 0, reader.count);
  return data;
}
