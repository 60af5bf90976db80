import { foldIn, key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  log,
  matMul,
  mul,
  ones,
  sub,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { noisyModel, type StochasticAccuracyOptions, stochasticAccuracy } from "./mod.ts";

/** Class 0 while the first element is above 0: noise of scale 1 makes it right with probability Phi(x). */
const sign = (x: Tensor): Tensor2D => matMul(x as Tensor2D, tensor2d([[1, -1]]));
const model = noisyModel(sign, { noiseScale: 1 });

test("stochasticAccuracy() counts draws and majorities", async () => {
  const x = tensor2d([[0.5], [-0.5], [3]]);
  const draws = 400;
  const result = await stochasticAccuracy(model, x, tensor1d([0, 0, 1], "int32"), { key: key(0), draws });
  const expected = [0.691462, 1 - 0.691462, 0.00135];
  expected.forEach((p, i) => {
    // Four standard errors of a binomial share.
    expect(Math.abs(result.correctDraws[i]! / draws - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws));
  });
  expect([...result.majorityClasses]).toEqual([0, 1, 0]);
  expect(result.majorityCorrect).toEqual([true, false, false]);
  expect(result.majorityAccuracy).toBeCloseTo(1 / 3, 12);
  const total = result.correctDraws.reduce((a, b) => a + b);
  expect(result.meanAccuracy).toBeCloseTo(total / (3 * draws), 12);
  expect([...result.nanDraws]).toEqual([0, 0, 0]);
});

test("stochasticAccuracy() depends on the keys of the examples, not on batches or their order", async () => {
  const x = tensor2d([[0.1], [-0.2], [0.3], [0.05]]);
  const labels = [0, 1, 0, 1];
  const whole = await stochasticAccuracy(model, x, labels, { key: key(7) });
  expect(await stochasticAccuracy(model, x, labels, { key: key(7), batchSize: 3 })).toEqual(whole);
  const order = [2, 0, 3, 1];
  const permuted = await stochasticAccuracy(
    model,
    tensor2d([[0.3], [0.1], [0.05], [-0.2]]),
    order.map((i) => labels[i]!),
    { key: order.map((i) => foldIn(key(7), i)) },
  );
  expect([...permuted.correctDraws]).toEqual(order.map((i) => whole.correctDraws[i]));
  expect((await stochasticAccuracy(model, x, labels, { key: key(8) })).correctDraws).not.toEqual(whole.correctDraws);
});

test("stochasticAccuracy() counts draws with NaN as wrong", async () => {
  const exploding = noisyModel((x) => add(sign(x), mul(log(x), 0)) as Tensor2D, { noiseScale: 1 });
  const result = await stochasticAccuracy(exploding, tensor2d([[-9], [9]]), [1, 0], { key: key(0), draws: 5 });
  expect([...result.nanDraws]).toEqual([5, 0]);
  expect([...result.majorityClasses]).toEqual([-1, 0]);
  expect([...result.correctDraws]).toEqual([0, 5]);
});

test("stochasticAccuracy() leaves no tensor, not even when it throws", async () => {
  const x = tensor2d([[0.5], [-0.5]]);
  await leakFree(async () => {
    await stochasticAccuracy(model, x, [0, 1], { key: key(0), batchSize: 1 });
    await expect(stochasticAccuracy(model, x, [0, 2], { key: key(0) })).rejects.toThrow(RangeError);
  });
});

test("stochasticAccuracy() rejects what it cannot measure", async () => {
  const x = ones([2, 1]);
  const cases: [Partial<StochasticAccuracyOptions>, string][] = [
    [{ draws: 0 }, "Cannot measure stochastic accuracy: draws must be a positive integer but found 0"],
    [{ batchSize: 0.5 }, "batchSize must be a positive integer but found 0.5"],
    [{ key: [key(0)] }, "key must be a key or 2 keys but found 1"],
  ];
  for (const [options, message] of cases) {
    await expect(stochasticAccuracy(model, x, [0, 1], { key: key(0), ...options })).rejects.toThrow(message);
  }
  await expect(stochasticAccuracy(model, ones([0, 1]), [], { key: key(0) })).rejects.toThrow("but found none");
  await expect(stochasticAccuracy(model, x, [0], { key: key(0) })).rejects.toThrow("labels must be [2] but found [1]");
  expect(() => noisyModel(sign, { noiseScale: 0 })).toThrow(
    "Cannot make a noisy model: noiseScale must be finite and greater than 0 but found 0",
  );
  expect(() => model.logits(sub(x, 1), key(0))).not.toThrow();
});
