import { DEPTH, HEIGHT, type Tiles, WIDTH } from "./_tile_shape.ts";
import { tiles } from "./_tiles.ts";
import type { MatMul } from "./matmul.ts";

/** A matrix operand by strides: element `[i, j]` is `data[i * row + j * column]`, so that a transpose is a view. */
export interface Operand {
  readonly data: Float64Array;
  readonly row: number;
  readonly column: number;
}

/** Adds `a b` to `c`, `[m, n]` row-major; with `upper`, only tiles that touch the upper triangle. */
export function multiplyAdd(
  c: Float64Array,
  a: Operand,
  b: Operand,
  [m, k, n]: readonly [m: number, k: number, n: number],
  upper: boolean = false,
  by: Tiles = tiles(),
): void {
  const { side } = by;
  for (let j0 = 0; j0 < n; j0 += WIDTH) {
    const j1 = Math.min(n, j0 + WIDTH);
    for (let p0 = 0; p0 < k; p0 += DEPTH) {
      const depth = Math.min(DEPTH, k - p0);
      pack(by.b, side, b.data, b.column, b.row, j0, j1 - j0, p0, depth);
      for (let i0 = 0; i0 < (upper ? Math.min(m, j1) : m); i0 += HEIGHT) {
        const height = Math.min(HEIGHT, m - i0);
        pack(by.a, side, a.data, a.row, a.column, i0, height, p0, depth);
        for (let j = upper ? Math.max(i0, j0) : j0; j < j1; j += side) {
          const rows = upper ? Math.min(height, j + side - i0) : height;
          by.multiply((j - j0) * depth, depth, Math.ceil(rows / side));
          addSums(c, n, i0, rows, j, Math.min(side, j1 - j), by);
        }
      }
    }
  }
}

/**
 * The product of row-major matrices `[m, k]` and `[k, n]`, by `matmul` where it is given. With `upper`, what is below the
 * diagonal may be anything.
 */
export function multiply(
  a: Float64Array,
  b: Float64Array,
  [m, k, n]: readonly [m: number, k: number, n: number],
  matmul: MatMul | undefined,
  upper: boolean = false,
): Float64Array {
  if (matmul) return matmul(a, b, m, k, n);
  const c = new Float64Array(m * n);
  multiplyAdd(c, { data: a, row: k, column: 1 }, { data: b, row: n, column: 1 }, [m, k, n], upper);
  return c;
}

/**
 * The product of `a`, `[m, k]`, and the transpose of `b`, `[n, k]`, both row-major, as {@linkcode multiply} gives it. `buffer`
 * takes the transpose, where `matmul` needs it.
 */
export function multiplyTransposed(
  a: Float64Array,
  b: Float64Array,
  [m, k, n]: readonly [m: number, k: number, n: number],
  matmul: MatMul | undefined,
  buffer: Float64Array,
  upper: boolean = false,
): Float64Array {
  if (matmul) return matmul(a, transpose(b, n, k, buffer), m, k, n);
  const c = new Float64Array(m * n);
  multiplyAdd(c, { data: a, row: k, column: 1 }, { data: b, row: 1, column: k }, [m, k, n], upper);
  return c;
}

/** The transpose of a row-major matrix `[rows, columns]`, in the beginning of `target` where it is given. */
export function transpose(a: Float64Array, rows: number, columns: number, target?: Float64Array): Float64Array {
  const result = target?.subarray(0, a.length) ?? new Float64Array(a.length);
  for (let i0 = 0; i0 < rows; i0 += 32) {
    for (let j = 0; j < columns; j++) {
      for (let i = i0; i < Math.min(rows, i0 + 32); i++) result[j * rows + i] = a[i * columns + j]!;
    }
  }
  return result;
}

/** Adds the sums of tiles below one another, from row `i0` and column `j` on. */
function addSums(
  c: Float64Array,
  n: number,
  i0: number,
  rows: number,
  j: number,
  columns: number,
  { side, sums }: Tiles,
): void {
  for (let i = 0; i < rows; i++) {
    const at = (i0 + i) * n + j;
    const from = i * side;
    for (let s = 0; s < columns; s++) c[at + s]! += sums[from + s]!;
  }
}

/** Copies lines `first, ..., first + count - 1` in groups of `side`, interleaved: what a tile reads is then contiguous. */
function pack(
  target: Float64Array,
  side: number,
  source: Float64Array,
  line: number,
  step: number,
  first: number,
  count: number,
  p0: number,
  depth: number,
): void {
  for (let i = 0; i < count; i += side) {
    const group = i * depth;
    for (let r = 0; r < side; r++) {
      let at = group + r;
      let from = (first + i + r) * line + p0 * step;
      if (i + r >= count) for (let p = 0; p < depth; p++, at += side) target[at] = 0;
      else for (let p = 0; p < depth; p++, at += side, from += step) target[at] = source[from]!;
    }
  }
}
