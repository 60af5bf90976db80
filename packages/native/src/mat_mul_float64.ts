import { native } from "./_addon.ts";

/** Options of {@linkcode matMulFloat64}. */
export interface MatMulFloat64Options {
  /**
   * Whether `a` holds `[k, m]` and is read transposed.
   *
   * @default {false}
   */
  readonly transposeA?: boolean;
  /**
   * Whether `b` holds `[n, k]` and is read transposed.
   *
   * @default {false}
   */
  readonly transposeB?: boolean;
}

const LARGEST = 2 ** 31 - 1;

/**
 * The product of two matrices in float64, on all threads. TensorFlow.js knows float32 only; statistics such as the Fréchet
 * distance need more. It has the form of the product that functions of `@jem-js/metrics` take as `matmul`.
 *
 * @example Usage
 * ```ts
 * import { isAvailable, matMulFloat64 } from "@jem-js/native";
 * import { expect } from "vitest";
 *
 * if (isAvailable()) {
 *   const a = Float64Array.of(1, 2, 3, 4, 5, 6);
 *   expect(matMulFloat64(a, a, 2, 3, 2)).toEqual(Float64Array.of(22, 28, 49, 64));
 *   expect(matMulFloat64(a, a, 2, 3, 2, { transposeB: true })).toEqual(Float64Array.of(14, 32, 32, 77));
 * }
 * ```
 *
 * @param a The left matrix `[m, k]`, row by row.
 * @param b The right matrix `[k, n]`, row by row.
 * @param m Rows of the result.
 * @param k Length of the sums; 0 gives a result of zeros.
 * @param n Columns of the result.
 * @param options Whether to transpose.
 * @returns A new array, the product `[m, n]`.
 * @throws {TypeError} When `a` or `b` is no `Float64Array`.
 * @throws {RangeError} When a size is no integer from 0 to 2^31 - 1, or an array is not as long as its sizes say.
 * @throws {Error} When the native code is not available (see {@linkcode isAvailable}).
 */
export function matMulFloat64(
  a: Float64Array,
  b: Float64Array,
  m: number,
  k: number,
  n: number,
  options: MatMulFloat64Options = {},
): Float64Array<ArrayBuffer> {
  const action = "Cannot multiply matrices";
  for (const [name, size] of Object.entries({ m, k, n })) {
    if (!Number.isInteger(size) || size < 0 || size > LARGEST) {
      throw new RangeError(`${action}: ${name} must be an integer from 0 to ${LARGEST} but found ${size}`);
    }
  }
  checkMatrix(action, "a", a, m * k);
  checkMatrix(action, "b", b, k * n);
  if (native.addon === null) throw new Error(`${action}: ${native.reason}`);
  const product = new Float64Array(m * n);
  if (product.length > 0 && k > 0) {
    const { transposeA = false, transposeB = false } = options;
    native.addon.matmulDouble(1, 0, 0, Number(transposeA), Number(transposeB), m, n, k, a, b, product);
  }
  return product;
}

function checkMatrix(action: string, name: string, values: Float64Array, length: number): void {
  if (!(values instanceof Float64Array)) {
    throw new TypeError(`${action}: ${name} must be a Float64Array but found ${typeof values}`);
  }
  if (values.length !== length) {
    throw new RangeError(`${action}: ${name} must have ${length} elements but found ${values.length}`);
  }
}
