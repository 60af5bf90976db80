import "@jem-js-internal/testing";
import { leakFree } from "@jem-js-internal/testing";
import { getBackend, setBackend } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { expect, test } from "vitest";
import { exactLog } from "./_log.ts";
import { type Key, key, normal, normalValues, split } from "./mod.ts";

/** The standard normal distribution function, by its series around 0 and its continued fraction in the tails. */
function normalCdf(x: number): number {
  if (Math.abs(x) > 5) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / (Math.abs(x) + fraction);
    const tail = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI) / (Math.abs(x) + fraction);
    return x < 0 ? tail : 1 - tail;
  }
  let term = x;
  let sum = x;
  for (let k = 1; k < 120; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

/** Kolmogorov–Smirnov statistic times the square root of n: above 1.63 with probability 1 % under the null. */
function kolmogorovSmirnov(values: Float32Array): number {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const distance = sorted.reduce((worst, x, i) => {
    const p = normalCdf(x);
    return Math.max(worst, Math.abs(p - i / n), Math.abs(p - (i + 1) / n));
  }, 0);
  return distance * Math.sqrt(n);
}

function correlation(a: Float32Array, b: Float32Array): number {
  const dot = (p: Float32Array, q: Float32Array): number => p.reduce((sum, value, i) => sum + value * q[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

test("normalValues() passes a Kolmogorov–Smirnov test and has the moments of N(0, 1)", () => {
  const n = 1_000_000;
  const values = normalValues(key(20), n);
  expect(kolmogorovSmirnov(values)).toBeLessThan(1.63);
  const moment = (p: number): number => values.reduce((sum, x) => sum + x ** p, 0) / n;
  // Four standard errors of each mean: sqrt(1), sqrt(2), sqrt(15), sqrt(96) over sqrt(n).
  expect(Math.abs(moment(1))).toBeLessThan(0.004);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.0057);
  expect(Math.abs(moment(3))).toBeLessThan(0.0155);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.04);
  const beyond3 = values.filter((x) => Math.abs(x) > 3).length;
  expect(Math.abs(beyond3 - 2699.8)).toBeLessThan(4 * Math.sqrt(2699.8));
});

test("the Kolmogorov–Smirnov test of this file sees a shift of 0.01 and a scale of 1.01", () => {
  const values = normalValues(key(21), 1_000_000);
  expect(kolmogorovSmirnov(values.map((x) => x + 0.01))).toBeGreaterThan(1.63);
  expect(kolmogorovSmirnov(values.map((x) => x * 1.01))).toBeGreaterThan(1.63);
});

test("normalValues() keeps its bits from release to release", () => {
  expect([...new Uint32Array(normalValues(key(0), 4).buffer)]).toEqual([
    3193096264, 1048731664, 3203865181, 1060071753,
  ]);
});

test("normalValues() does not depend on how many numbers are drawn", () => {
  expect(normalValues(key(3), 7)).toEqual(normalValues(key(3), 100).slice(0, 7));
});

test("normal() gives the same numbers on cpu and wasm", async () => {
  const before = getBackend();
  const draw = async (backend: string): Promise<number[]> => {
    await setBackend(backend);
    const drawn = normal(key(5), [3, 5]);
    const values = [...(await drawn.data())];
    drawn.dispose();
    return values;
  };
  expect(await draw("wasm")).toEqual(await draw("cpu"));
  await setBackend(before);
});

test("normal() leaves one tensor", () => leakFree(() => normal(key(0), [2, 2]).dispose()));

test("streams of split keys, of seeds and of parent and child are uncorrelated", () => {
  // n = 1e5: |r| > 0.0126 has probability 6e-5 under independence; a correlation of 0.025 is seen with power 0.9999.
  const n = 100_000;
  const parent = key(9);
  const [a, b] = split(parent) as [Key, Key];
  const streams = [parent, a, b, ...split(a), key(10), key(9 + 2 ** 32)].map((k) => normalValues(k, n));
  for (let i = 0; i < streams.length; i++) {
    for (let j = 0; j < i; j++) expect(Math.abs(correlation(streams[i]!, streams[j]!))).toBeLessThan(0.0126);
  }
});

test("consecutive numbers of a stream are uncorrelated", () => {
  const values = normalValues(key(11), 100_001);
  expect(Math.abs(correlation(values.subarray(1), values.subarray(0, -1)))).toBeLessThan(0.0126);
});

test("exactLog() agrees with Math.log", () => {
  for (let x = 2 ** -54; x < 1e4; x *= 1.37)
    expect(exactLog(x)).toBeAllclose(Math.log(x), { rtol: 1e-13, atol: 1e-13 });
});

test("normal() throws on a foreign key, a bad shape and a bad size", () => {
  expect(() => normal(7 as unknown as Key, [1])).toThrow("key must come from key(), split() or foldIn() but found 7");
  expect(() => normal([1, -2], [1])).toThrow(TypeError);
  expect(() => normal(key(0), [2, -1])).toThrow("shape must be an array of non-negative integers but found [2, -1]");
  expect(() => normalValues(key(0), 1.5)).toThrow(RangeError);
});
