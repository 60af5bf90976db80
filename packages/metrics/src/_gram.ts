import { multiply, multiplyAdd, transpose } from "./_multiply.ts";
import type { MatMul } from "./matmul.ts";

/** The inner products of the rows of `a`, `[m, d]`, with those of `b`, `[n, d]`; the upper triangle when they are one. */
export function innerProducts(
  a: Float64Array,
  b: Float64Array,
  m: number,
  n: number,
  d: number,
  matmul: MatMul | undefined,
): Float64Array {
  if (matmul) return multiply(a, transpose(b, n, d), m, d, n, matmul);
  const result = new Float64Array(m * n);
  multiplyAdd(result, { data: a, row: d, column: 1 }, { data: b, row: 1, column: d }, [m, d, n], a === b);
  return result;
}
