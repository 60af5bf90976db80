import { shapeOf } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";

/** Features `[n, dimension]` that are copied and checked a block of rows at a time: their whole may be large. */
export interface FeatureReader {
  readonly count: number;
  readonly dimension: number;
  /** Copies the rows `rows[first], ..., rows[last - 1]` (or rows `first` to `last`) into `target`. */
  read(target: Float64Array, first: number, last: number, rows?: ArrayLike<number>): void;
}

/** Throws unless `matrix` is `[n, dimension]` with at least `minimum` rows. */
export function readFeatures(action: string, name: string, matrix: Matrix, minimum: number = 1): FeatureReader {
  const [count, dimension] = shapeOf(action, name, matrix, "dimension");
  if (count < minimum) {
    throw new RangeError(`Cannot ${action}: ${name} must have at least ${minimum} rows but found ${count}`);
  }
  if (dimension < 1) throw new RangeError(`Cannot ${action}: ${name} must have at least 1 column but found 0`);
  return {
    count,
    dimension,
    read(target, first, last, rows) {
      for (let i = first; i < last; i++) {
        const row = rows ? rows[i]! : i;
        const [source, offset] = "data" in matrix ? [matrix.data, row * dimension] : [matrix[row]!, 0];
        const at = (i - first) * dimension;
        for (let k = 0; k < dimension; k++) {
          const value = source[offset + k]!;
          if (!Number.isFinite(value)) {
            throw new RangeError(`Cannot ${action}: ${name} must be finite but found ${value} at [${row}, ${k}]`);
          }
          target[at + k] = value;
        }
      }
    },
  };
}

/** Throws unless two sets of features have the same dimension. */
export function checkDimensions(action: string, a: number, b: number): void {
  if (a !== b) throw new TypeError(`Cannot ${action}: both sets must have the same dimension but found ${a} and ${b}`);
}

/** All features as one checked array. */
export function allFeatures(reader: FeatureReader): Float64Array {
  const data = new Float64Array(reader.count * reader.dimension);
  reader.read(data, 0, reader.count);
  return data;
}
