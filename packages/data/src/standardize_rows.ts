import { type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import type { RegressionTable } from "./regression_table.ts";
import type { RowSplit } from "./split_rows.ts";

/** A split of a regression, standardised by its training rows. */
export interface StandardizedSplit {
  /** The features and targets to train on, `[train, features]` and `[train, 1]`, of mean 0 and variance 1. */
  readonly train: { readonly x: Tensor2D; readonly y: Tensor2D };
  /** The features held out, `[test, features]`, in the same scale, and the targets as they are, `[test]`. */
  readonly test: { readonly x: Tensor2D; readonly targets: Float64Array };
  /** What standardised targets are to be multiplied with, and what is to be added then, to have them in their units. */
  readonly scale: { readonly mean: number; readonly std: number };
}

/**
 * The tensors of a split of a regression. Each column is shifted and scaled by the mean and population standard deviation of the
 * training rows; a column that is constant there is only shifted.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { regressionTable, standardizeRows } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const table = regressionTable([{ x: 1, y: 10 }, { x: 3, y: 30 }, { x: 5, y: 20 }], { target: "y" });
 * const { train, test, scale } = standardizeRows(table, { train: Int32Array.of(0, 1), test: Int32Array.of(2) });
 * expect([...(await train.x.data())]).toEqual([-1, 1]);
 * expect([...(await test.x.data())]).toEqual([3]);
 * expect([[...test.targets], scale]).toEqual([[20], { mean: 20, std: 10 }]);
 * tf.dispose([train, test.x]);
 * ```
 *
 * @param table The regression; borrowed.
 * @param rows The indices of both parts.
 * @returns The tensors, owned by the caller.
 * @throws {RangeError} When an index is not of a row, or there is no row to train on.
 */
export function standardizeRows(table: RegressionTable, rows: RowSplit): StandardizedSplit {
  const [count, width] = table.shape;
  const wrong = [...rows.train, ...rows.test].find((row) => !(row >= 0 && row < count));
  if (wrong !== undefined || rows.train.length === 0) {
    throw new RangeError(
      `Cannot standardize rows: expected indices below ${count}, one at least to train on, but found ${wrong ?? "none"}`,
    );
  }
  const columns = Array.from({ length: width }, (_, column) =>
    momentsOf(Float64Array.from(rows.train, (row) => table.x[row * width + column]!)),
  );
  const scale = momentsOf(Float64Array.from(rows.train, (row) => table.y[row]!));
  const featuresOf = (part: Int32Array): Tensor2D => {
    const values = new Float32Array(part.length * width);
    part.forEach((row, i) => {
      columns.forEach(({ mean, std }, column) => {
        values[i * width + column] = (table.x[row * width + column]! - mean) / std;
      });
    });
    return tensor2d(values, [part.length, width]);
  };
  const y = Float32Array.from(rows.train, (row) => (table.y[row]! - scale.mean) / scale.std);
  return {
    train: { x: featuresOf(rows.train), y: tensor2d(y, [y.length, 1]) },
    test: { x: featuresOf(rows.test), targets: Float64Array.from(rows.test, (row) => table.y[row]!) },
    scale,
  };
}

/** The mean and the population standard deviation, 1 in place of 0. */
function momentsOf(values: Float64Array): { mean: number; std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, std: std === 0 ? 1 : std };
}
