import { describe, isArrayLike } from "./_check.ts";
import type { FlatMatrix, Matrix } from "./matrix.ts";

/** A checked copy of a {@linkcode Matrix}: element `[i, k]` is `data[i * classes + k]`. */
export interface CheckedMatrix {
  readonly data: Float64Array;
  readonly count: number;
  readonly classes: number;
}

/** Copies a matrix `[n, classes]`; throws unless there are a row, two classes and only values that `accepts` accepts. */
export function readMatrix(
  action: string,
  name: string,
  matrix: Matrix,
  accepts: (value: number) => boolean,
  expected: string,
): CheckedMatrix {
  const [count, classes] = shapeOf(action, name, matrix);
  if (count < 1) throw new RangeError(`Cannot ${action}: ${name} must have at least 1 row but found 0`);
  if (classes < 2) throw new RangeError(`Cannot ${action}: ${name} must have at least 2 classes but found ${classes}`);
  const data = new Float64Array(count * classes);
  for (let i = 0; i < count; i++) {
    const [source, offset] = "data" in matrix ? [matrix.data, i * classes] : [matrix[i]!, 0];
    for (let k = 0; k < classes; k++) {
      const value = source[offset + k]!;
      if (typeof value !== "number" || !accepts(value)) {
        throw new RangeError(`Cannot ${action}: ${name} must be ${expected} but found ${value} at [${i}, ${k}]`);
      }
      data[i * classes + k] = value;
    }
  }
  return { data, count, classes };
}

/** Copies class probabilities `[n, classes]`; throws unless each is in [0, 1] and each row sums to 1, as far as float32 goes. */
export function readProbabilities(action: string, probabilities: Matrix): CheckedMatrix {
  // A mean of float32 probabilities can exceed 1 by rounding.
  const accepts = (p: number): boolean => p >= 0 && p <= 1 + 1e-6;
  const matrix = readMatrix(action, "probabilities", probabilities, accepts, "in [0, 1]");
  const { data, count, classes } = matrix;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let k = i * classes; k < (i + 1) * classes; k++) {
      sum += data[k]!;
      data[k] = Math.min(1, data[k]!);
    }
    if (Math.abs(sum - 1) > 1e-3) {
      throw new RangeError(`Cannot ${action}: rows of probabilities must sum to 1 but found ${sum} at ${i}`);
    }
  }
  return matrix;
}

/** The class of the largest value of row `i`; of equal ones, the first. */
export function argmax({ data, classes }: CheckedMatrix, i: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) if (data[i * classes + k]! > data[i * classes + best]!) best = k;
  return best;
}

/** The shape of a matrix; throws unless it is one. `columns` names its second side in errors. */
export function shapeOf(
  action: string,
  name: string,
  matrix: Matrix,
  columns: string = "classes",
): readonly [count: number, columns: number] {
  if (isArrayLike(matrix)) {
    const rows: ArrayLike<unknown> = matrix;
    const classes = rows.length === 0 ? 0 : lengthOf(rows[0]);
    for (let i = 0; i < rows.length; i++) {
      if (!isArrayLike(rows[i])) {
        throw new TypeError(
          `Cannot ${action}: ${name} must be rows or { data, shape } but found ${describe(rows[i])} as row ${i}`,
        );
      }
      if (lengthOf(rows[i]) !== classes) {
        throw new TypeError(
          `Cannot ${action}: rows of ${name} must have the same length but found ${classes} and, at ${i}, ${lengthOf(rows[i])}`,
        );
      }
    }
    return [rows.length, classes];
  }
  const { data, shape } = (matrix ?? {}) as Partial<FlatMatrix>;
  if (!isArrayLike(shape) || !isArrayLike(data)) {
    throw new TypeError(`Cannot ${action}: ${name} must be rows or { data, shape } but found ${describe(matrix)}`);
  }
  const sides = Array.from(shape);
  if (sides.length !== 2 || !sides.every((side) => Number.isInteger(side) && side >= 0)) {
    throw new TypeError(`Cannot ${action}: shape of ${name} must be [n, ${columns}] but found [${sides.join(", ")}]`);
  }
  const [count, classes] = shape;
  if (data.length !== count * classes) {
    throw new TypeError(
      `Cannot ${action}: data of ${name} must have ${count * classes} values for shape [${count}, ${classes}] but found ${data.length}`,
    );
  }
  return [count, classes];
}

function lengthOf(row: unknown): number {
  return isArrayLike(row) ? row.length : 0;
}
