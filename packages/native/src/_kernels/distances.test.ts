import { key, normalValues } from "@jem-js/random";
import { engine, type NamedAttrMap, setBackend } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeNative } from "../../testing/compare.ts";

function run(attrs: object): void {
  engine().runKernel("SquaredDistances", {}, attrs as NamedAttrMap);
}

const normals = (size: number, seed: number): Float64Array => Float64Array.from(normalValues(key(seed), size));

/** A lower triangular factor, with numbers above the diagonal that nothing may read. */
function factorOf(width: number, seed: number): Float64Array {
  const factor = normals(width * width, seed).map((value) => value / width);
  for (let i = 0; i < width; i++) {
    factor[i * width + i] = 1 + (i % 3);
    factor.fill(Number.NaN, i * width + i + 1, (i + 1) * width);
  }
  return factor;
}

/** The definition. */
function expected(x: Float64Array, centres: Float64Array, width: number, factor?: Float64Array): number[] {
  const found: number[] = [];
  for (let i = 0; i < x.length; i += width) {
    const solved = x.slice(i, i + width);
    for (let a = 0; factor && a < width; a++) {
      for (let b = 0; b < a; b++) solved[a]! -= factor[a * width + b]! * solved[b]!;
      solved[a]! /= factor[a * width + a]!;
    }
    for (let j = 0; j < centres.length; j += width) {
      found.push(solved.reduce((sum, value, k) => sum + (value - centres[j + k]!) ** 2, 0));
    }
  }
  return found;
}

describeNative("SquaredDistances", () => {
  beforeAll(() => setBackend("native"));
  afterAll(() => setBackend("cpu"));

  test.each([
    [1, 1, 1],
    [1, 5, 1],
    [3, 1, 7],
    [16, 4, 4],
    [17, 37, 11],
    [50, 130, 9],
    [200, 3, 501],
  ])("of %d rows of %d numbers to %d centres are the definition, with a factor and without", (rows, width, count) => {
    const [x, centres, factor] = [normals(rows * width, 1), normals(count * width, 2), factorOf(width, 3)];
    for (const by of [undefined, factor]) {
      const distances = new Float64Array(rows * count).fill(Number.NaN);
      run({ x, width, centres, factor: by, distances });
      expect([...distances]).toBeAllclose(expected(x, centres, width, by), { rtol: 1e-12 });
    }
  });

  test("pass on what is not a number, in its row alone", () => {
    const [x, centres] = [normals(20 * 3, 1), normals(5 * 3, 2)];
    x[7 * 3 + 1] = Number.NaN;
    x[9 * 3] = Number.POSITIVE_INFINITY;
    const distances = new Float64Array(20 * 5);
    run({ x, width: 3, centres, distances });
    for (let i = 0; i < 20; i++) {
      for (const value of distances.subarray(i * 5, (i + 1) * 5)) {
        expect(i === 7 ? Number.isNaN(value) : Number.isFinite(value) === (i !== 9)).toBe(true);
      }
    }
  });

  test("throw for arrays that do not go together, and take no rows", () => {
    const good = { x: new Float64Array(6), width: 3, centres: new Float64Array(3), distances: new Float64Array(2) };
    run({ ...good, x: new Float64Array(0), distances: new Float64Array(0) });
    expect(() => run({ ...good, width: 0 })).toThrow("width must be an integer from 1");
    expect(() => run({ ...good, x: new Float64Array(7) })).toThrow("x must have rows of 3 numbers but found 7 numbers");
    expect(() => run({ ...good, centres: new Float32Array(3) })).toThrow(TypeError);
    expect(() => run({ ...good, distances: new Float64Array(3) })).toThrow(
      "distances must have 2 elements but found 3",
    );
    expect(() => run({ ...good, factor: new Float64Array(3) })).toThrow("factor must have 9 elements but found 3");
  });
});
