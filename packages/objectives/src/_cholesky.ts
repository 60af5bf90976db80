/** A lower triangular matrix, row-major, with what a density needs of it. */
export interface LowerFactor {
  /** `L` of `matrix = L L^T`. */
  readonly factor: Float64Array;
  /** The inverse of `L`. */
  readonly inverse: Float64Array;
  /** The logarithm of the determinant of `L`. */
  readonly logDeterminant: number;
}

/** Factorises a symmetric `matrix: [d, d]`; undefined when it is not positive definite. Float64 on the host. */
export function lowerFactor(matrix: ArrayLike<number>, d: number): LowerFactor | undefined {
  const [factor, inverse] = [new Float64Array(d * d), new Float64Array(d * d)];
  let logDeterminant = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const rest = matrix[i * d + j]! - inner(factor, i * d, 1, factor, j * d, 1, j);
      if (i === j && !(rest > 0)) return undefined;
      factor[i * d + j] = i === j ? Math.sqrt(rest) : rest / factor[j * d + j]!;
    }
    const diagonal = factor[i * d + i]!;
    logDeterminant += Math.log(diagonal);
    // Row i of L L^-1 = I, from the rows of the inverse above it.
    for (let j = 0; j < i; j++) inverse[i * d + j] = -inner(factor, i * d, 1, inverse, j, d, i) / diagonal;
    inverse[i * d + i] = 1 / diagonal;
  }
  return { factor, inverse, logDeterminant };
}

/** The inner product of two strided vectors of `length`. */
function inner(
  a: Float64Array,
  fromA: number,
  strideA: number,
  b: Float64Array,
  fromB: number,
  strideB: number,
  length: number,
): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += a[fromA + k * strideA]! * b[fromB + k * strideB]!;
  return sum;
}
