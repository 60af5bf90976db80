import { dot } from "./_sums.ts";

/** The lower triangular `l`, row-major, with `l l' = a` for a symmetric `a`, `[n, n]`; nothing unless it is positive definite. */
export function cholesky(a: Float64Array, n: number): Float64Array | undefined {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= l[i * n + k]! * l[j * n + k]!;
      if (j < i) l[i * n + j] = rest / l[j * n + j]!;
      // A pivot that is rounding noise marks a direction without variance.
      else if (rest > n * 2 ** -52 * a[i * n + i]!) l[i * n + i] = Math.sqrt(rest);
      else return undefined;
    }
  }
  return l;
}

/** `l^-1 b` for a lower triangular `l`, `[n, n]`, written to `x`. */
export function forwardSolve(
  l: Float64Array,
  b: Float64Array,
  x: Float64Array = new Float64Array(b.length),
): Float64Array {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    const row = i * n;
    x[i] = (b[i]! - dot(l, row, x, i)) / l[row + i]!;
  }
  return x;
}

/** `l'^-1 b` for a lower triangular `l`, `[n, n]`. */
export function backSolve(l: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = n - 1; i >= 0; i--) {
    x[i]! /= l[i * n + i]!;
    for (let k = 0; k < i; k++) x[k]! -= l[i * n + k]! * x[i]!;
  }
  return x;
}

/** The lower triangle of a matrix `[n, n]` as a list. */
export function packTriangle(l: Float64Array, n: number): number[] {
  const packed: number[] = [];
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) packed.push(l[i * n + j]!);
  return packed;
}

/** The inverse of {@linkcode packTriangle}. */
export function unpackTriangle(packed: readonly number[], n: number): Float64Array {
  const l = new Float64Array(n * n);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) l[i * n + j] = packed[at++]!;
  return l;
}
