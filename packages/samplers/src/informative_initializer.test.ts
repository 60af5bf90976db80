import { key } from "@jem-js/random";
import "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { informativeInitializer, replayBuffer, shrunkCovariance } from "./mod.ts";

/** The data of the golden numbers: Park and Miller's generator. */
function goldenData(): number[] {
  let state = 11;
  const uniform = (): number => {
    state = (16807 * state) % 2147483647;
    return state / 2147483647;
  };
  return Array.from({ length: 48 }, (_, i) => uniform() * ((i % 4) + 1) + (i % 4 ? 0.5 * uniform() : 0));
}

// Made by scikit-learn 1.9.1: ledoit_wolf and oas of 12 examples of 4 values.
test.each([
  [
    "ledoit-wolf",
    0.19772926635272117,
    [0.17712054449510234, -0.012777944095520296, 0.06747235570218105, 0.09154997055940212],
    1.3607413230316905,
  ],
  [
    "oas",
    0.4120556300417382,
    [0.31685602854381606, -0.009364320516153298, 0.04944713797868591, 0.0670924259140556],
    1.1842729038204332,
  ],
] as const)("shrunkCovariance() is scikit-learn's (%s)", (shrinkage, rho, firstRow, last) => {
  const found = shrunkCovariance(goldenData(), 4, { shrinkage });
  const close = { rtol: 1e-12, atol: 1e-14 };
  expect(found.shrinkage).toBeAllclose(rho, close);
  expect(found.covariance.subarray(0, 4)).toBeAllclose(firstRow, close);
  expect(found.covariance[15]).toBeAllclose(last, close);
  expect([4, 8, 12].map((i) => found.covariance[i]!)).toBeAllclose(firstRow.slice(1), close);
});

test("shrunkCovariance() of one example or one dimension has nothing to shrink", () => {
  expect(shrunkCovariance([1, 2], 2)).toEqual({
    mean: Float64Array.of(1, 2),
    covariance: new Float64Array(4),
    shrinkage: 0,
  });
  expect(shrunkCovariance([0, 2], 1, { shrinkage: "oas" })).toMatchObject({
    covariance: Float64Array.of(1),
    shrinkage: 0,
  });
});

test("informativeInitializer() starts chains from the Gaussian of their class", () => {
  const data = goldenData();
  const labels = Array.from({ length: 12 }, (_, i) => (i < 8 ? 0 : 1));
  const initializer = informativeInitializer(data, labels, { classes: 2, clamp: undefined, jitter: 0 });
  const n = 20_000;
  const { mean, covariance } = shrunkCovariance(data.slice(0, 32), 4);
  const starts = initializer(key(0), n, new Int32Array(n));
  const found = shrunkCovariance(starts, 4, { shrinkage: 0 });
  const deviation = [0, 1, 2, 3].map((j) => Math.sqrt(covariance[5 * j]!));
  found.mean.forEach((value, j) => {
    expect(Math.abs(value - mean[j]!)).toBeLessThan((4 * deviation[j]!) / Math.sqrt(n));
  });
  found.covariance.forEach((value, i) => {
    // The variance of a sample covariance is (s_jk^2 + s_jj s_kk) / n <= 2 s_jj s_kk / n.
    const bound = deviation[i % 4]! * deviation[Math.floor(i / 4)]!;
    expect(Math.abs(value - covariance[i]!)).toBeLessThan(4 * bound * Math.sqrt(2 / n));
  });
});

test("informativeInitializer() draws a random class without labels, and clips", () => {
  const initializer = informativeInitializer([-5, 5, 0.5], [0, 1, 2], { classes: 3 });
  const starts = Array.from(initializer(key(1), 3000));
  const counts = [-1, 1].map((value) => starts.filter((start) => start === value).length);
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(3000 * (1 / 3) * (2 / 3)));
  const buffer = replayBuffer({ key: key(0), size: 6, shape: [1], classes: 3, initializer });
  expect([...buffer.values].map((value) => Math.round(value * 2) / 2)).toEqual([-1, -1, 1, 1, 0.5, 0.5]);
});

test("informativeInitializer() and shrunkCovariance() refuse bad data", () => {
  expect(() => informativeInitializer([1, 2], [0, 2], { classes: 2 })).toThrow(
    "labels must be from 0 to 1 but found 2",
  );
  expect(() => informativeInitializer([1, 2], [0, 0], { classes: 2 })).toThrow(
    "class 1 must have an example but found 0 of 2",
  );
  expect(() => informativeInitializer([1, 2, 3], [0, 0], { classes: 1 })).toThrow("data must be [2] but found [3]");
  expect(() => informativeInitializer([1], [0], { classes: 1, jitter: 0 })).toThrow(
    "must be positive definite but found the pivot 0 at 0",
  );
  expect(() => shrunkCovariance([1, Number.NaN], 1)).toThrow("data must be finite but found NaN");
  expect(() => shrunkCovariance([1, 2, 3], 2)).toThrow("data must be [2] but found [3]");
  expect(() => shrunkCovariance([1], 1, { shrinkage: 2 })).toThrow("shrinkage must be from 0 to 1 but found 2");
  expect(() => shrunkCovariance([1], 1, { shrinkage: "none" as "oas" })).toThrow(
    "one of ledoit-wolf, oas but found none",
  );
});
