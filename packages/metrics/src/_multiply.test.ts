import { normalValues } from "@jem-js/random/values";
import "@jem-js-internal/testing";
import { expect, test, vi } from "vitest";
import { multiply, multiplyAdd, transpose } from "./_multiply.ts";
import { plainTiles } from "./_plain_tiles.ts";
import { wasmTiles } from "./_wasm_tiles.ts";

function plain(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) for (let p = 0; p < k; p++) c[i * n + j]! += a[i * k + p]! * b[p * n + j]!;
  return c;
}

const random = (seed: number, size: number): Float64Array => Float64Array.from(normalValues([0, seed], size));
const exact = { rtol: 0, atol: 1e-11 };

// Around the sides of a tile (3 or 4) and of a block (60 rows, 512 deep, 1020 columns).
const shapes = [
  [1, 1, 1],
  [3, 5, 2],
  [3, 512, 6],
  [4, 513, 7],
  [61, 600, 131],
  [260, 20, 2],
  [5, 3, 1023],
] as const;

test.each(shapes)("multiply() is the definition: %i x %i x %i", (m, k, n) => {
  const [a, b] = [random(1, m * k), random(2, k * n)];
  expect(multiply(a, b, [m, k, n], undefined)).toBeAllclose(plain(a, b, m, k, n), exact);
});

test.each([...shapes, [1100, 3, 1]] as const)(
  "multiplyAdd() takes strides, and adds the upper triangle alone: %i x %i",
  (m, k) => {
    const x = random(3, m * k);
    const c = new Float64Array(m * m).fill(1);
    multiplyAdd(c, { data: x, row: k, column: 1 }, { data: x, row: 1, column: k }, [m, k, m], true);
    const expected = plain(x, transpose(x, m, k), m, k, m);
    for (let i = 0; i < m; i++) {
      for (let j = i; j < m; j++) expect(Math.abs(c[i * m + j]! - 1 - expected[i * m + j]!)).toBeLessThan(1e-11);
    }
  },
);

test("multiply() is the product that is plugged in, with the shapes of its operands", () => {
  const calls: unknown[] = [];
  const a = random(1, 6);
  const b = random(2, 12);
  const result = multiply(a, b, [2, 3, 4], (...args) => {
    calls.push(args);
    return plain(...args);
  });
  expect(calls).toEqual([[a, b, 2, 3, 4]]);
  expect(result).toBeAllclose(multiply(a, b, [2, 3, 4], undefined), exact);
});

test.each(shapes)("multiplyAdd() by WebAssembly is equal to the bit to that in JavaScript: %i x %i x %i", (m, k, n) => {
  const [a, b] = [random(1, m * k), random(2, k * n)];
  const by = [wasmTiles(), plainTiles()];
  const [fast, plain] = by.map((tiles) => {
    const c = new Float64Array(m * n);
    multiplyAdd(c, { data: a, row: k, column: 1 }, { data: b, row: n, column: 1 }, [m, k, n], false, tiles);
    return c;
  });
  expect(by[0]).toBeDefined();
  expect(fast).toEqual(plain);
});

test("wasmTiles() is undefined where there is no WebAssembly, or a policy forbids it", () => {
  vi.stubGlobal("WebAssembly", undefined);
  expect(wasmTiles()).toBeUndefined();
  vi.stubGlobal("WebAssembly", {
    Module: class {
      constructor() {
        throw new Error("refused by the policy");
      }
    },
  });
  expect(wasmTiles()).toBeUndefined();
  vi.unstubAllGlobals();
});
