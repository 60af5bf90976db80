import { describe, isArrayLike } from "./_check.ts";
import { copyNumbers, indexOutside, type Range } from "./_numbers.ts";
import type { FlatMatrix, Matrix } from "./matrix.ts";

/** A checked {@linkcode Matrix}: element `[i, k]` is `data[i * classes + k]`. The data may be the caller's: never write to it. */
export interface CheckedMatrix {
  readonly data: Float64Array;
  readonly count: number;
  readonly classes: number;
}

/** Reads a matrix `[n, classes]`; throws unless there are a row, two classes and only values in the range. */
export function readMatrix(action: string, name: string, matrix: Matrix, range: Range): CheckedMatrix {
  const [count, classes] = shapeOf(action, name, matrix);
  if (count < 1) throw new RangeError(`Cannot ${action}: ${name} must have at least 1 row but found 0`);
  if (classes < 2) throw new RangeError(`Cannot ${action}: ${name} must have at least 2 classes but found ${classes}`);
  const data = valuesOf(matrix, count, classes);
  const wrong = indexOutside(data, range);
  if (wrong >= 0) throw outside(action, name, matrix, range, [Math.floor(wrong / classes), wrong % classes]);
  return { data, count, classes };
}

/** What is thrown of a value of a matrix that is outside of the range. */
export function outside(
  action: string,
  name: string,
  matrix: Matrix,
  range: Range,
  [row, column]: readonly [number, number],
): RangeError {
  const value = "data" in matrix ? matrix.data[row * matrix.shape[1] + column] : matrix[row]![column];
  return new RangeError(`Cannot ${action}: ${name} must be ${range.name} but found ${value} at [${row}, ${column}]`);
}

/** The values in the order of rows: a Float64Array as it is, anything else as a copy. */
function valuesOf(matrix: Matrix, count: number, columns: number): Float64Array {
  if ("data" in matrix && matrix.data instanceof Float64Array) return matrix.data;
  const values = new Float64Array(count * columns);
  if ("data" in matrix) copyNumbers(values, 0, matrix.data, 0, values.length);
  else for (let i = 0; i < count; i++) copyNumbers(values, i * columns, matrix[i]!, 0, columns);
  return values;
}

// A mean of float32 probabilities can exceed 1 by rounding.
const PROBABILITIES: Range = { low: 0, high: 1 + 1e-6, name: "in [0, 1]" };

/** Reads class probabilities `[n, classes]`; throws unless each is in [0, 1] and each row sums to 1, as far as float32 goes. */
export function readProbabilities(action: string, probabilities: Matrix): CheckedMatrix {
  const { data, count, classes } = readMatrix(action, "probabilities", probabilities, PROBABILITIES);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let k = i * classes; k < (i + 1) * classes; k++) {
      const p = data[k]!;
      sum += p;
      if (p > largest) largest = p;
    }
    if (Math.abs(sum - 1) > 1e-3) {
      throw new RangeError(`Cannot ${action}: rows of probabilities must sum to 1 but found ${sum} at ${i}`);
    }
  }
  return { data: largest > 1 ? data.map((p) => Math.min(1, p)) : data, count, classes };
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
