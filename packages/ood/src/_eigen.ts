/** The eigenvalues of a symmetric matrix, the largest first, and its eigenvectors, one a row. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** The eigendecomposition of a symmetric `a`, `[n, n]` row-major, by cyclic Jacobi rotations. */
export function symmetricEigen(a: Float64Array, n: number): Eigen {
  const m = Float64Array.from(a);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const norm = m.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < 60 && offDiagonal(m, n) > 1e-32 * norm; sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(m, v, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => m[j * n + j]! - m[i * n + i]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(v.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => m[i * n + i]!), vectors };
}

function offDiagonal(m: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += 2 * m[i * n + j]! ** 2;
  return sum;
}

/** Makes the entries `p, q` zero; eigenvectors are the rows of `v`. */
function rotate(m: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const entry = m[p * n + q]!;
  if (entry === 0) return;
  const theta = (m[q * n + q]! - m[p * n + p]!) / (2 * entry);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  const rp = p * n;
  const rq = q * n;
  for (let k = 0; k < n; k++) {
    const a = m[rp + k]!;
    const b = m[rq + k]!;
    m[rp + k] = c * a - s * b;
    m[rq + k] = s * a + c * b;
    const x = v[rp + k]!;
    const y = v[rq + k]!;
    v[rp + k] = c * x - s * y;
    v[rq + k] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const a = m[k * n + p]!;
    const b = m[k * n + q]!;
    m[k * n + p] = c * a - s * b;
    m[k * n + q] = s * a + c * b;
  }
}
