/**
 * A float64 matrix product that the heavy metrics use in place of their own, such as `matMulFloat64` of `@jem-js/native`:
 * it returns `a b`, `[m, n]`, of `a`, `[m, k]`, and `b`, `[k, n]`, all row-major. It must not keep or change its arguments;
 * what it returns is the caller's to change.
 */
export type MatMul = (a: Float64Array, b: Float64Array, m: number, k: number, n: number) => Float64Array;
