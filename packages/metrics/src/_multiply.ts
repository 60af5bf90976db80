import type { MatMul } from "./matmul.ts";

/** The side of a tile of sums: as many as a processor has registers for, with what they are made of. */
const SIDE = 3;
const DEPTH = 256;
const HEIGHT = 42 * SIDE;

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
  const packedB = new Float64Array(Math.ceil(n / SIDE) * SIDE * DEPTH);
  const tile = new Float64Array(SIDE * SIDE);
  for (let p0 = 0; p0 < k; p0 += DEPTH) {
    const depth = Math.min(DEPTH, k - p0);
    pack(packedB, b.data, b.column, b.row, 0, n, p0, depth);
    for (let i0 = 0; i0 < m; i0 += HEIGHT) {
      const height = Math.min(HEIGHT, m - i0);
      pack(packedA, a.data, a.row, a.column, i0, height, p0, depth);
      for (let j = upper ? i0 : 0; j < n; j += SIDE) {
        const lastRow = upper ? Math.min(height, j + SIDE - i0) : height;
        for (let i = 0; i < lastRow; i += SIDE) {
          multiplyTile(tile, packedA, i * depth, packedB, j * depth, depth);
          const rows = Math.min(SIDE, height - i);
          const columns = Math.min(SIDE, n - j);
          for (let r = 0; r < rows; r++) {
            const at = (i0 + i + r) * n + j;
            for (let s = 0; s < columns; s++) c[at + s]! += tile[SIDE * r + s]!;
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

/** Copies lines `first, ..., first + count - 1` in groups of three, interleaved: what a tile reads is then contiguous. */
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
  for (let i = 0; i < count; i += SIDE) {
    const lines = Math.min(SIDE, count - i);
    let from = (first + i) * line + p0 * step;
    for (let p = 0; p < depth; p++) {
      target[at] = source[from]!;
      target[at + 1] = lines > 1 ? source[from + line]! : 0;
      target[at + 2] = lines > 2 ? source[from + 2 * line]! : 0;
      at += SIDE;
      from += step;
    }
  }
}

/** Nine sums of products at once: each number that is read is used three times. */
function multiplyTile(
  tile: Float64Array,
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  depth: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let i = aStart;
  let j = bStart;
  for (let p = 0; p < depth; p++) {
    const b0 = b[j]!;
    const b1 = b[j + 1]!;
    const b2 = b[j + 2]!;
    const a0 = a[i]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    const a1 = a[i + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    const a2 = a[i + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    i += SIDE;
    j += SIDE;
  }
  tile[0] = c00;
  tile[1] = c01;
  tile[2] = c02;
  tile[3] = c10;
  tile[4] = c11;
  tile[5] = c12;
  tile[6] = c20;
  tile[7] = c21;
  tile[8] = c22;
}
