import { foldIn, key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { add, log, matMul, mul, ones, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { betaCdf, clopperPearsonLower } from "./_binomial.ts";
import { type RandomizedSmoothingOptions, randomizedSmoothing } from "./mod.ts";

/** Class 0 while w x > 0 with |w| = 1: the smoothed classifier is the same, and its certified radius tends to |w x|. */
const linear = (x: Tensor): Tensor2D =>
  matMul(
    x as Tensor2D,
    tensor2d([
      [0.6, -0.6],
      [-0.8, 0.8],
    ]),
  );
const inputs = (): Tensor2D =>
  tensor2d([
    [0.5, 0],
    [0, 0.5],
    [0.4, 0.3],
    [1, -1],
  ]);
const margins = [0.3, -0.4, 0, 1.4];

describe("clopperPearsonLower()", () => {
  test("is where the upper tail of the binomial is alpha", () => {
    for (const [successes, trials, alpha] of [
      [1, 1, 0.05],
      [7, 10, 0.05],
      [33, 40, 0.001],
      [60, 100, 0.025],
    ] as const) {
      const p = clopperPearsonLower(successes, trials, alpha);
      let [tail, choose] = [0, 1];
      for (let k = 0; k <= trials; k++) {
        if (k > 0) choose *= (trials - k + 1) / k;
        if (k >= successes) tail += choose * p ** k * (1 - p) ** (trials - k);
      }
      expect(tail / alpha).toBeCloseTo(1, 9);
    }
  });

  test("is alpha^(1/n) where all succeed, and 0 where none does", () => {
    for (const n of [10, 1000, 100000]) expect(clopperPearsonLower(n, n, 0.001)).toBeCloseTo(0.001 ** (1 / n), 10);
    expect(clopperPearsonLower(0, 10, 0.001)).toBe(0);
  });

  test("rests on the distribution function of the beta distribution", () => {
    expect(betaCdf(0.3, 1, 1)).toBeCloseTo(0.3, 14);
    expect(betaCdf(0.3, 2, 3)).toBeCloseTo(0.3483, 12); // sum over k >= 2 of C(4, k) 0.3^k 0.7^(4 - k)
    expect(betaCdf(0.9, 5, 2)).toBeCloseTo(1 - betaCdf(0.1, 2, 5), 14);
    expect([betaCdf(-1, 2, 2), betaCdf(2, 2, 2)]).toEqual([0, 1]);
  });
});

test("randomizedSmoothing() certifies a linear classifier up to its boundary and no further", async () => {
  const draws = 4000;
  const result = await randomizedSmoothing(linear, inputs(), { noiseScale: 0.5, key: key(0), draws });
  expect([...result.classes]).toEqual([0, 1, -1, 0]);
  expect([result.radii[2], result.lowerBounds[2]! <= 0.5]).toEqual([0, true]);
  const largest = 0.5 * 2.922; // sigma Phi^-1(0.001^(1/4000))
  for (const i of [0, 1, 3]) {
    const margin = Math.abs(margins[i]!);
    // True with probability 1 - alpha.
    expect(result.radii[i]).toBeLessThan(margin);
    // The bound is about 3.1 standard errors below the share, which is less than four below its mean.
    const density = Math.exp(-0.5 * (margin / 0.5) ** 2) / Math.sqrt(2 * Math.PI);
    const loss = (0.5 * 7.1 * Math.sqrt(0.25 / draws)) / density;
    expect(result.radii[i]).toBeGreaterThan(Math.min(margin - loss, largest));
  }
});

test("randomizedSmoothing() cannot certify more than its draws allow", async () => {
  const far = await randomizedSmoothing(linear, tensor2d([[60, 0]]), { noiseScale: 0.5, key: key(0), draws: 100 });
  expect(far.lowerBounds[0]).toBeCloseTo(0.001 ** 0.01, 10);
  expect(far.radii[0]).toBeCloseTo(0.5 * 1.4999, 2); // Phi^-1(0.9333) = 1.5007
});

test("randomizedSmoothing() depends on keys, not on batches or their order", async () => {
  const options = { noiseScale: 0.5, draws: 130, selectionDraws: 20 };
  const whole = await randomizedSmoothing(linear, inputs(), { ...options, key: key(3) });
  expect(await randomizedSmoothing(linear, inputs(), { ...options, key: key(3), batchSize: 37 })).toEqual(whole);
  const one = await randomizedSmoothing(linear, tensor2d([[0, 0.5]]), { ...options, key: [foldIn(key(3), 1)] });
  expect(one.radii[0]).toBe(whole.radii[1]);
  expect(await randomizedSmoothing(linear, inputs(), { ...options, key: key(4) })).not.toEqual(whole);
});

test("randomizedSmoothing() abstains where logits are NaN", async () => {
  const exploding = (x: Tensor): Tensor2D => add(x, mul(log(x), 0)) as Tensor2D;
  const result = await randomizedSmoothing(exploding, tensor2d([[-9, -9]]), {
    noiseScale: 0.1,
    key: key(0),
    draws: 10,
  });
  expect([result.classes[0], result.radii[0]]).toEqual([-1, 0]);
});

test("randomizedSmoothing() leaves no tensor, not even when it throws", async () => {
  const x = inputs();
  await leakFree(async () => {
    await randomizedSmoothing(linear, x, { noiseScale: 0.5, key: key(0), draws: 10, selectionDraws: 10 });
    let calls = 0;
    const failing = (z: Tensor): Tensor2D => {
      calls += 1;
      if (calls === 3) throw new Error("no logits");
      return linear(z);
    };
    await expect(randomizedSmoothing(failing, x, { noiseScale: 0.5, key: key(0) })).rejects.toThrow("no logits");
  });
});

test("randomizedSmoothing() rejects what it cannot certify", async () => {
  const cases: [Partial<RandomizedSmoothingOptions>, string][] = [
    [{ noiseScale: -1 }, "noiseScale must be finite and greater than 0 but found -1"],
    [{ draws: 0 }, "Cannot certify a smoothed classifier: draws must be a positive integer but found 0"],
    [{ selectionDraws: 1.5 }, "selectionDraws must be a positive integer but found 1.5"],
    [{ batchSize: 0 }, "batchSize must be a positive integer but found 0"],
    [{ alpha: 0 }, "alpha must be above 0 and below 1 but found 0"],
    [{ key: [key(0)] }, "key must be a key or 4 keys but found 1"],
  ];
  for (const [options, message] of cases) {
    await expect(randomizedSmoothing(linear, inputs(), { noiseScale: 1, key: key(0), ...options })).rejects.toThrow(
      message,
    );
  }
  await expect(randomizedSmoothing(linear, ones([0, 2]), { noiseScale: 1, key: key(0) })).rejects.toThrow(
    "x must hold at least one example but found none",
  );
});
