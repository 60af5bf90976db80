/** The lower factor `L` of a positive definite matrix `[n, n]`, `L L' = matrix`; undefined when it is not positive definite. */
export function choleskyFactor(matrix: Float64Array, n: number): Float64Array | undefined {
  const factor = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let rest = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= factor[i * n + k]! * factor[j * n + k]!;
      if (i > j) factor[i * n + j] = rest / factor[j * n + j]!;
      else if (rest > 0) factor[j * n + j] = Math.sqrt(rest);
      else return undefined;
    }
  }
  return factor;
}

/** Solves `L' x = b` in place. */
export function solveTransposed(factor: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  for (let i = n - 1; i >= 0; i--) {
    const value = b[i]! / factor[i * n + i]!;
    b[i] = value;
    for (let k = 0; k < i; k++) b[k]! -= factor[i * n + k]! * value;
  }
  return b;
}
