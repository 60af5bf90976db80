import { foldIn, type Key, normalValues, uniformValues } from "@jem-js/random";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";

/** What noise is made of: the key, and the place of the first row among all rows. */
export interface RowKey {
  readonly key: Key;
  readonly offset: number;
}

/**
 * Noise `[rows, ...]` whose row `i` depends on the key and on `offset + i` alone, so that batches of any size see the same.
 */
function rowNoise(
  { key, offset }: RowKey,
  shape: readonly number[],
  draw: (key: Key, count: number) => Float32Array,
): Tensor {
  const [rows = 0, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  const values = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) values.set(draw(foldIn(key, offset + row), size), row * size);
  return tensor(values, [...shape], "float32");
}

/** Standard normal noise by rows. */
export function rowNormal(rows: RowKey, shape: readonly number[]): Tensor {
  return rowNoise(rows, shape, normalValues);
}

/** Masks by rows: `value` with probability `1 - rate`, else 0. */
export function rowMask(rows: RowKey, shape: readonly number[], rate: number, value: number): Tensor {
  return rowNoise(rows, shape, (key, count) => uniformValues(key, count).map((u) => (u < rate ? 0 : value)));
}
