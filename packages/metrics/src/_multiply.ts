import type { MatMul } from "./matmul.ts";

const DEPTH = 256;
const HEIGHT = 128;

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
): void {
  const packedA = new Float64Array(HEIGHT * DEPTH);
  const packedB = new Float64Array(Math.ceil(n / 4) * 4 * DEPTH);
  const tile = new Float64Array(16);
  for (let p0 = 0; p0 < k; p0 += DEPTH) {
    const depth = Math.min(DEPTH, k - p0);
    pack(packedB, b.data, b.column, b.row, 0, n, p0, depth);
    for (let i0 = 0; i0 < m; i0 += HEIGHT) {
      const height = Math.min(HEIGHT, m - i0);
      pack(packedA, a.data, a.row, a.column, i0, height, p0, depth);
      for (let j = upper ? i0 - (i0 % 4) : 0; j < n; j += 4) {
        const lastRow = upper ? Math.min(height, j + 4 - i0) : height;
        for (let i = 0; i < lastRow; i += 4) {
          multiplyTile(tile, packedA, i * depth, packedB, j * depth, depth);
          const rows = Math.min(4, height - i);
          const columns = Math.min(4, n - j);
          for (let r = 0; r < rows; r++) {
            const at = (i0 + i + r) * n + j;
            for (let s = 0; s < columns; s++) c[at + s]! += tile[4 * r + s]!;
          }
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

/** The transpose of a row-major matrix `[rows, columns]`. */
export function transpose(a: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(a.length);
  for (let i0 = 0; i0 < rows; i0 += 32) {
    for (let j = 0; j < columns; j++) {
      for (let i = i0; i < Math.min(rows, i0 + 32); i++) result[j * rows + i] = a[i * columns + j]!;
    }
  }
  return result;
}

/** Copies lines `first, ..., first + count - 1` in groups of four, interleaved: what a tile reads is then contiguous. */
function pack(
  target: Float64Array,
  source: Float64Array,
  line: number,
  step: number,
  first: number,
  count: number,
  p0: number,
  depth: number,
): void {
  let at = 0;
  for (let i = 0; i < count; i += 4) {
    const lines = Math.min(4, count - i);
    const start = (first + i) * line + p0 * step;
    if (lines === 4) {
      for (let p = 0; p < depth; p++) {
        const from = start + p * step;
        target[at] = source[from]!;
        target[at + 1] = source[from + line]!;
        target[at + 2] = source[from + 2 * line]!;
        target[at + 3] = source[from + 3 * line]!;
        at += 4;
      }
    } else {
      for (let p = 0; p < depth; p++) {
        for (let r = 0; r < 4; r++) target[at++] = r < lines ? source[start + p * step + r * line]! : 0;
      }
    }
  }
}

/** Sixteen sums of products at once: each number that is read is used four times. */
function multiplyTile(
  tile: Float64Array,
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  depth: number,
): void {
  for (let half = 0; half < 4; half += 2) {
    let c00 = 0;
    let c01 = 0;
    let c02 = 0;
    let c03 = 0;
    let c10 = 0;
    let c11 = 0;
    let c12 = 0;
    let c13 = 0;
    let i = aStart + half;
    let j = bStart;
    for (let p = 0; p < depth; p++) {
      const a0 = a[i]!;
      const a1 = a[i + 1]!;
      const b0 = b[j]!;
      const b1 = b[j + 1]!;
      const b2 = b[j + 2]!;
      const b3 = b[j + 3]!;
      c00 += a0 * b0;
      c01 += a0 * b1;
      c02 += a0 * b2;
      c03 += a0 * b3;
      c10 += a1 * b0;
      c11 += a1 * b1;
      c12 += a1 * b2;
      c13 += a1 * b3;
      i += 4;
      j += 4;
    }
    const at = 4 * half;
    tile[at] = c00;
    tile[at + 1] = c01;
    tile[at + 2] = c02;
    tile[at + 3] = c03;
    tile[at + 4] = c10;
    tile[at + 5] = c11;
    tile[at + 6] = c12;
    tile[at + 7] = c13;
  }
}
