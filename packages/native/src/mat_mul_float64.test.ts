import { expect, test } from "vitest";
import { describeNative } from "../testing/compare.ts";
import { matMulFloat64 } from "./mat_mul_float64.ts";

/** Numbers in [-1, 1) with as many bits as float64 has. */
function numbers(length: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1 + 1 / (state + 3);
  });
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!);
}

describeNative("matMulFloat64()", () => {
  const SHAPES = [
    [1, 1, 1],
    [5, 3, 7],
    [33, 300, 17],
    [130, 257, 65],
    [300, 40, 1],
  ] as const;
  test.each(SHAPES)("is the sum of products to float64's accuracy, %i x %i x %i, all transposes", (m, k, n) => {
    const a = numbers(m * k, 1);
    const b = numbers(k * n, 2);
    const expected = new Float64Array(m * n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) for (let d = 0; d < k; d++) expected[i * n + j]! += a[i * k + d]! * b[d * n + j]!;
    }
    const bound = k * 2 ** -52 * 2;
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const left = transposeA ? transposed(a, m, k) : a;
        const right = transposeB ? transposed(b, k, n) : b;
        const product = matMulFloat64(left, right, m, k, n, { transposeA, transposeB });
        const worst = product.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
        expect(worst).toBeLessThan(bound);
      }
    }
  });

  test("takes views into larger buffers and empty matrices", () => {
    const buffer = Float64Array.of(9, 1, 2, 9);
    expect(matMulFloat64(buffer.subarray(1, 3), buffer.subarray(1, 3), 1, 2, 1)).toEqual(Float64Array.of(5));
    expect(matMulFloat64(new Float64Array(0), new Float64Array(0), 2, 0, 1)).toEqual(new Float64Array(2));
    expect(matMulFloat64(new Float64Array(0), new Float64Array(3), 0, 1, 3)).toEqual(new Float64Array(0));
  });

  test("refuses what does not fit before any native code runs", () => {
    const a = new Float64Array(6);
    expect(() => matMulFloat64(a, a, 2, 3, 3)).toThrow(
      new RangeError("Cannot multiply matrices: b must have 9 elements but found 6"),
    );
    expect(() => matMulFloat64(a, a, 2.5, 3, 2)).toThrow(
      new RangeError("Cannot multiply matrices: m must be an integer from 0 to 2147483647 but found 2.5"),
    );
    expect(() => matMulFloat64([1] as unknown as Float64Array, a, 1, 1, 6)).toThrow(
      new TypeError("Cannot multiply matrices: a must be a Float64Array but found object"),
    );
  });
});
