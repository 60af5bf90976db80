import { normalValues } from "@jem-js/random/values";
import "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { cholesky, nuclearNorm, symmetricEigenvalues } from "./_decompose.ts";
import { multiply, transpose } from "./_multiply.ts";

const random = (seed: number, size: number): Float64Array => Float64Array.from(normalValues([0, seed], size));

/** `x' x` of `x`, `[rows, n]`: of rank `rows` when it is below `n`. */
function gram(x: Float64Array, rows: number, n: number): Float64Array {
  return multiply(transpose(x, rows, n), x, [n, rows, n], undefined);
}

/** `h diag(values) h` with the reflection `h = 1 - 2 v v' / v'v`. */
function symmetric(values: Float64Array, v: Float64Array): Float64Array {
  const n = values.length;
  const square = v.reduce((sum, x) => sum + x * x, 0);
  const h = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return (i === j ? 1 : 0) - (2 * v[i]! * v[j]!) / square;
  });
  const scaled = h.map((x, at) => x * values[at % n]!);
  return multiply(scaled, h, [n, n, n], undefined);
}

test.each([
  ["of full rank", 300, 150],
  ["of full rank, in more than one panel", 200, 131],
  ["of full rank, in more than one strip", 660, 590],
  ["of one row", 3, 1],
  ["singular", 40, 90],
])("cholesky() gives a factor: %s", (_, rows, n) => {
  const a = gram(random(1, rows * n), rows, n);
  for (const matmul of [undefined, plugged]) {
    const u = cholesky(a, n, matmul);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(u[i * n + j]).toBe(0);
    // What a zero pivot leaves out is of the size of its rounding, n eps of the diagonal, and its root.
    expect(gram(u, n, n)).toBeAllclose(a, { rtol: 0, atol: rows < n ? 1e-5 : 1e-11 });
  }
});

test("cholesky() leaves directions without variance at zero", () => {
  const u = cholesky(new Float64Array([4, 0, 2, 0, 0, 0, 2, 0, 5]), 3);
  expect([...u]).toEqual([2, 0, 1, 0, 0, 0, 0, 0, 2]);
});

test.each([1, 2, 3, 64, 130])("symmetricEigenvalues() finds a known spectrum, multiple and zero ones too: %i", (n) => {
  const values = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0 : (i % 7) - 2.5));
  const found = symmetricEigenvalues(symmetric(values, random(2, n)), n).sort();
  expect(found).toBeAllclose(values.sort(), { rtol: 0, atol: 1e-12 });
});

test("nuclearNorm() is the sum of the roots of the eigenvalues of the Gram matrix", () => {
  for (const [m, n] of [
    [5, 1],
    [30, 30],
    [70, 40],
  ] as const) {
    const a = random(3, m * n);
    const expected = symmetricEigenvalues(gram(a, m, n), n).reduce((sum, value) => sum + Math.sqrt(value), 0);
    expect(nuclearNorm(a.slice(), m, n)).toBeAllclose(expected, { rtol: 1e-10, atol: 0 });
  }
});

function plugged(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  return multiply(a, b, [m, k, n], undefined);
}
