import { foldIn, key, normalValues, permutationValues, split } from "@jem-js/random/values";
import { expect, test } from "vitest";
import { type FlatMatrix, kernelDistance, kernelDistanceSubsets } from "./mod.ts";

function features(seed: number, count: number, dimension: number): FlatMatrix {
  return { data: normalValues(foldIn(key(7), seed), count * dimension), shape: [count, dimension] };
}

function rows({ data, shape: [, d] }: FlatMatrix, chosen: Int32Array): number[][] {
  return Array.from(chosen, (i) => Array.from({ length: d! }, (_, k) => data[i * d! + k]!));
}

// Few examples share their kernel among subsets (all pairs at once); many do not. Both must be the plain definition.
for (const [name, n, m, subsets] of [
  ["shared", 300, 270, 30],
  ["apart", 300, 270, 3],
] as const) {
  for (const estimator of ["unbiased", "biased"] as const) {
    for (const degree of [2, 3]) {
      test(`kernelDistanceSubsets() ${name} equals kernelDistance() of each pair: ${estimator}, degree ${degree}`, () => {
        const a = features(1, n, 5);
        const b = features(2, m, 5);
        const options = { estimator, degree };
        const { distances } = kernelDistanceSubsets(a, b, { key: key(3), subsets, subsetSize: 60, ...options });
        const keys = split(key(3), 2 * subsets);
        for (let i = 0; i < subsets; i++) {
          const x = rows(a, permutationValues(keys[2 * i]!, n).subarray(0, 60));
          const y = rows(b, permutationValues(keys[2 * i + 1]!, m).subarray(0, 60));
          expect(Math.abs(distances[i]! - kernelDistance(x, y, options))).toBeLessThan(1e-12);
        }
      });
    }
  }
}

test("kernelDistanceSubsets() checks estimator and degree before any work", () => {
  const a = features(1, 10, 2);
  expect(() => kernelDistanceSubsets(a, a, { key: key(0), degree: 0 })).toThrow(RangeError);
  expect(() => kernelDistanceSubsets(a, a, { key: key(0), estimator: "other" as "biased" })).toThrow(TypeError);
});
