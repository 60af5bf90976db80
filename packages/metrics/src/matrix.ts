/**
 * A matrix `[n, classes]` of numbers, borrowed: an array of rows (plain or typed arrays, such as `await t.array()`), or
 * its values in row-major order with their shape (such as `{ data: await t.data(), shape: t.shape }`).
 */
export type Matrix = ArrayLike<ArrayLike<number>> | FlatMatrix;

/** A matrix by its values in row-major order. */
export interface FlatMatrix {
  /** The values, `n * classes` of them. */
  readonly data: ArrayLike<number>;
  /** The number of rows and of columns. */
  readonly shape: readonly [rows: number, columns: number];
}
