import { type Key, key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { mul, square, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  type AnnealingPath,
  annealedImportanceSampling,
  geometricPath,
  hmc,
  type KnownDensity,
  mala,
  reverseAnnealedImportanceSampling,
} from "./mod.ts";

/** `N(0, v I)` in the plane without its constant, and with it. */
const gaussian = (variance: number): KnownDensity => ({
  logDensity: (x) => mul(sum(square(x), 1), -0.5 / variance),
  score: (x) => mul(x, -1 / variance),
  sample: (k: Key, count: number): Tensor => tidy(() => mul(normal(k, [count, 2]), Math.sqrt(variance))),
  logNormalizer: Math.log(2 * Math.PI * variance),
});
const path: AnnealingPath = geometricPath(gaussian(4), gaussian(1), {
  kernel: (bridge) => hmc(bridge, { stepSize: 0.5, leapfrogSteps: 3 }),
});
const truth = Math.log(2 * Math.PI);

test("annealedImportanceSampling() and its reverse bracket log Z of a Gaussian", async () => {
  const options = { temperatures: 40 };
  const forward = await annealedImportanceSampling(path, { key: key(0), chains: 1000, ...options });
  const samples = gaussian(1).sample(key(1), 1000);
  const reverse = await reverseAnnealedImportanceSampling(path, samples, { key: key(2), ...options });
  for (const { logNormalizer, standardError, effectiveSampleSize } of [forward, reverse]) {
    expect(Math.abs(logNormalizer - truth)).toBeLessThan(4 * standardError);
    expect(standardError).toBeLessThan(0.02);
    expect(effectiveSampleSize).toBeGreaterThan(800);
  }
  const meanOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
  expect(meanOf(forward.logWeights)).toBeLessThan(truth);
  expect(meanOf(reverse.logWeights)).toBeGreaterThan(truth);
});

test("two temperatures are plain importance sampling", async () => {
  const { logNormalizer, effectiveSampleSize } = await annealedImportanceSampling(path, {
    key: key(0),
    chains: 20_000,
    temperatures: 2,
  });
  // E w^2 / (E w)^2 for N(0, 4 I) and N(0, I) in the plane is (4 / sqrt 7)^2.
  expect(effectiveSampleSize / 20_000).toBeAllclose(7 / 16, { rtol: 0.03 });
  expect(logNormalizer).toBeAllclose(truth, { rtol: 0.01 });
});

test("more temperatures give a smaller error, and any that rise will do", async () => {
  const error = async (temperatures: number | number[]): Promise<number> =>
    (await annealedImportanceSampling(path, { key: key(0), temperatures })).standardError;
  expect(await error(60)).toBeLessThan((await error(4)) / 2);
  expect(await error([0, 0.1, 0.3, 0.6, 1])).toBeLessThan(await error(2));
});

test("annealed importance sampling is the same for equal keys, frees what it makes, and hears a signal", async () => {
  await leakFree(async () => {
    const results = [];
    for (let i = 0; i < 2; i++) {
      const { x, logNormalizer } = await annealedImportanceSampling(path, { key: key(3), chains: 8, temperatures: 5 });
      results.push([...(await x.data()), logNormalizer]);
      x.dispose();
    }
    expect(results[0]).toEqual(results[1]);
  });
  const signal = { aborted: true };
  await leakFree(() =>
    expect(annealedImportanceSampling(path, { key: key(3), signal })).rejects.toThrow("The annealing was aborted"),
  );
});

test("annealed importance sampling refuses bad options by value", async () => {
  const attempt = (options: object) => annealedImportanceSampling(path, { key: key(0), ...options });
  await expect(attempt({ chains: 0 })).rejects.toThrow("chains must be an integer");
  await expect(attempt({ temperatures: 1 })).rejects.toThrow("temperatures must be an integer");
  await expect(attempt({ temperatures: [0, 0.5] })).rejects.toThrow("must rise from 0 to 1 but found [0, 0.5]");
  await expect(attempt({ temperatures: [0, 0.5, 0.5, 1] })).rejects.toThrow("must rise from 0 to 1");
  await expect(attempt({ transitions: 0 })).rejects.toThrow("transitions must be an integer");
  const wide = geometricPath(gaussian(4), gaussian(1), { kernel: (bridge) => mala(bridge, { stepSize: -1 }) });
  await expect(annealedImportanceSampling(wide, { key: key(0) })).rejects.toThrow("stepSize");
});
