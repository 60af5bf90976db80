import { multiply, transpose } from "./_multiply.ts";
import type { MatMul } from "./matmul.ts";

/** How many rows of a factor are found at a time. */
const PANEL = 64;

/** How many rows below them their products are taken off at a time. */
const STRIP = 512;

/** An upper triangular `u`, row-major, with `u' u = a` for a symmetric positive semi-definite `a`, `[n, n]`. */
export function cholesky(a: Float64Array, n: number, matmul?: MatMul): Float64Array {
  const u = a.slice();
  for (let first = 0; first < n; first += PANEL) {
    const last = Math.min(n, first + PANEL);
    for (let k = first; k < last; k++) {
      const row = k * n;
      u.fill(0, row, row + k);
      const pivot = u[row + k]!;
      // A pivot that is rounding noise marks a direction without variance: its row is zero.
      const scale = pivot > n * 2 ** -52 * a[row + k]! ? 1 / Math.sqrt(pivot) : 0;
      for (let j = k; j < n; j++) u[row + j]! *= scale;
      for (let i = k + 1; i < last; i++) {
        const factor = u[row + i]!;
        for (let j = i; j < n; j++) u[i * n + j]! -= factor * u[row + j]!;
      }
    }
    subtractProducts(u, n, first, last, matmul);
  }
  return u;
}

/** Takes the products of the columns of rows `first, ..., last - 1` off the upper triangle below them. */
function subtractProducts(u: Float64Array, n: number, first: number, last: number, matmul: MatMul | undefined): void {
  const depth = last - first;
  for (let top = last; top < n; top += STRIP) {
    const height = Math.min(STRIP, n - top);
    const width = n - top;
    const right = new Float64Array(depth * width);
    const left = new Float64Array(depth * height);
    for (let k = 0; k < depth; k++) {
      const row = (first + k) * n + top;
      right.set(u.subarray(row, row + width), k * width);
      left.set(u.subarray(row, row + height), k * height);
    }
    const products = multiply(transpose(left, depth, height), right, [height, depth, width], matmul, true);
    for (let i = 0; i < height; i++) {
      const row = (top + i) * n + top;
      for (let j = i; j < width; j++) u[row + j]! -= products[i * width + j]!;
    }
  }
}

/** The eigenvalues of a symmetric `a`, `[n, n]`, whose upper triangle is read and overwritten: Householder, then QL. */
export function symmetricEigenvalues(a: Float64Array, n: number): Float64Array {
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  // The update of one step, a -= v w' + w v', is made in the pass of the next: memory is read once a step.
  let v = new Float64Array(n);
  let w = new Float64Array(n);
  let nextV = new Float64Array(n);
  let nextW = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const row = k * n;
    for (let j = k; j < n; j++) a[row + j]! -= v[k]! * w[j]! + w[k]! * v[j]!;
    diagonal[k] = a[row + k]!;
    if (k === n - 1) break;
    let scale = 0;
    for (let j = k + 1; j < n; j++) scale = Math.max(scale, Math.abs(a[row + j]!));
    nextV.fill(0);
    nextW.fill(0);
    let beta = 0;
    if (scale > 0) {
      let norm = 0;
      for (let j = k + 1; j < n; j++) {
        nextV[j] = a[row + j]! / scale;
        norm += nextV[j]! ** 2;
      }
      norm = nextV[k + 1]! > 0 ? -Math.sqrt(norm) : Math.sqrt(norm);
      off[k] = norm * scale;
      const head = nextV[k + 1]! - norm;
      beta = head === 0 ? 0 : -head / norm;
      if (beta !== 0) for (let j = k + 2; j < n; j++) nextV[j]! /= head;
      nextV[k + 1] = 1;
    }
    passOver(a, n, k + 1, v, w, nextV, nextW);
    let dot = 0;
    for (let j = k + 1; j < n; j++) {
      nextW[j]! *= beta;
      dot += nextW[j]! * nextV[j]!;
    }
    const half = (beta * dot) / 2;
    for (let j = k + 1; j < n; j++) nextW[j]! -= half * nextV[j]!;
    [v, nextV] = [nextV, v];
    [w, nextW] = [nextW, w];
  }
  return tridiagonalEigenvalues(diagonal, off);
}

/** Updates the upper triangle from row `first` on by `v` and `w`, and adds its product with `x` to `y`. */
function passOver(
  a: Float64Array,
  n: number,
  first: number,
  v: Float64Array,
  w: Float64Array,
  x: Float64Array,
  y: Float64Array,
): void {
  // Two rows at a time: what is read of the vectors serves both.
  let i = first;
  for (; i + 1 < n; i += 2) {
    const row = i * n;
    const next = row + n;
    const [v0, w0, x0] = [v[i]!, w[i]!, x[i]!];
    const [v1, w1, x1] = [v[i + 1]!, w[i + 1]!, x[i + 1]!];
    const a00 = a[row + i]! - 2 * v0 * w0;
    const a01 = a[row + i + 1]! - (v0 * w1 + w0 * v1);
    const a11 = a[next + i + 1]! - 2 * v1 * w1;
    a[row + i] = a00;
    a[row + i + 1] = a01;
    a[next + i + 1] = a11;
    let sum0 = a00 * x0 + a01 * x1;
    let sum1 = a01 * x0 + a11 * x1;
    for (let j = i + 2; j < n; j++) {
      const vj = v[j]!;
      const wj = w[j]!;
      const xj = x[j]!;
      const value0 = a[row + j]! - (v0 * wj + w0 * vj);
      const value1 = a[next + j]! - (v1 * wj + w1 * vj);
      a[row + j] = value0;
      a[next + j] = value1;
      sum0 += value0 * xj;
      sum1 += value1 * xj;
      y[j]! += value0 * x0 + value1 * x1;
    }
    y[i]! += sum0;
    y[i + 1]! += sum1;
  }
  if (i < n) {
    const corner = a[i * n + i]! - 2 * v[i]! * w[i]!;
    a[i * n + i] = corner;
    y[i]! += corner * x[i]!;
  }
}

/** The eigenvalues of a symmetric tridiagonal matrix by implicit QL; both arguments are overwritten. */
function tridiagonalEigenvalues(d: Float64Array, e: Float64Array): Float64Array {
  const n = d.length;
  e[n - 1] = 0;
  // Relative to the neighbours alone, zeros on the diagonal would never let a small entry vanish.
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i]!) + Math.abs(e[i]!));
  const tiny = largest * 2 ** -60;
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; iteration < 300; iteration++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > 2 ** -53 * (Math.abs(d[m]!) + Math.abs(d[m + 1]!)) + tiny) m++;
      if (m === l) break;
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      let r = Math.hypot(g, 1);
      g = d[m]! - d[l]! + e[l]! / (g + (g < 0 ? -r : r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i]!;
        const b = c * e[i]!;
        r = Math.sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        r = (d[i]! - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      if (r === 0 && i >= l) continue;
      d[l]! -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  return d;
}

/**
 * The sum of the singular values of `a`, `[m, n]` row-major with `m >= n`, which is overwritten: Golub and Kahan's
 * bidiagonal form, whose singular values are the positive eigenvalues of a tridiagonal matrix with zero diagonal.
 */
export function nuclearNorm(a: Float64Array, m: number, n: number): number {
  const off = new Float64Array(2 * n);
  const w = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    off[2 * k] = reflectColumn(a, m, n, k, w);
    if (k < n - 1) off[2 * k + 1] = reflectRow(a, m, n, k);
  }
  let sum = 0;
  for (const value of tridiagonalEigenvalues(new Float64Array(2 * n), off)) sum += Math.abs(value);
  return sum / 2;
}

/** Reflects column `k` below the diagonal to zero and applies it to the columns after it; returns the diagonal entry. */
function reflectColumn(a: Float64Array, m: number, n: number, k: number, w: Float64Array): number {
  let norm = 0;
  for (let i = k; i < m; i++) norm = Math.hypot(norm, a[i * n + k]!);
  if (norm === 0) return 0;
  if (a[k * n + k]! > 0) norm = -norm;
  const head = a[k * n + k]! - norm;
  const beta = -head / norm;
  w.fill(0, k + 1);
  for (let i = k; i < m; i++) {
    const v = i === k ? 1 : a[i * n + k]! / head;
    for (let j = k + 1; j < n; j++) w[j]! += v * a[i * n + j]!;
  }
  for (let i = k; i < m; i++) {
    const v = (i === k ? 1 : a[i * n + k]! / head) * beta;
    for (let j = k + 1; j < n; j++) a[i * n + j]! -= v * w[j]!;
  }
  return norm;
}

/** The same for row `k` right of the entry beside the diagonal, which is returned. */
function reflectRow(a: Float64Array, m: number, n: number, k: number): number {
  const row = k * n;
  let norm = 0;
  for (let j = k + 1; j < n; j++) norm = Math.hypot(norm, a[row + j]!);
  if (norm === 0) return 0;
  if (a[row + k + 1]! > 0) norm = -norm;
  const head = a[row + k + 1]! - norm;
  const beta = -head / norm;
  a[row + k + 1] = 1;
  for (let j = k + 2; j < n; j++) a[row + j]! /= head;
  for (let i = k + 1; i < m; i++) {
    let dot = 0;
    for (let j = k + 1; j < n; j++) dot += a[i * n + j]! * a[row + j]!;
    dot *= beta;
    for (let j = k + 1; j < n; j++) a[i * n + j]! -= dot * a[row + j]!;
  }
  return norm;
}
