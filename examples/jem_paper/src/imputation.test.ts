import type { Dataset } from "@jem-js/data";
import { key } from "@jem-js/random";
import { sgld } from "@jem-js/samplers";
import { leakFree } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { fill, impute, type Mask, masksOf, meanImage, meanOf, missingError, nearestImages } from "./imputation.ts";

const mask: Mask = { name: "second", missing: Uint8Array.of(0, 1) };

test("masksOf() misses the lower half, and a square of a quarter of the area", () => {
  const [half, square] = masksOf([4, 4, 1]) as [Mask, Mask];
  expect([...half.missing]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect([...square.missing]).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
  for (const { missing } of masksOf([2, 2, 3])) expect(missing).toHaveLength(12);
});

test("impute() samples what is missing given the rest, from other noise for each image and start", async () => {
  // log p(a, b) = -(b - a)^2 / 2: given a, b is N(a, 1); without noise its steps end at a.
  const near = { score: (x: tf.Tensor) => tf.mul(tf.sub(tf.reverse(x, 2), x), 1) };
  const x = tf.tensor4d([0.5, 9, -0.25, 9, 1, 9], [3, 1, 2, 1]);
  const options = { key: key(0), steps: 40, starts: 2, batchSize: 2 };
  const ends = await impute(near, x, mask, {
    ...options,
    kernelOf: (model) => sgld(model, { stepSize: 0.5, noiseScale: 0 }),
  });
  for (const end of ends) expect(end).toBeAllclose([0.5, 0.5, -0.25, -0.25, 1, 1], { atol: 1e-5 });
  const still = { score: (x: tf.Tensor) => tf.zerosLike(x) };
  const run = () =>
    impute(still, x, mask, { ...options, kernelOf: (model) => sgld(model, { stepSize: 1, noiseScale: 0 }) });
  const starts = await run();
  expect(new Set(starts.flatMap((values) => [values[1], values[3], values[5]])).size).toBe(6);
  expect(await run()).toEqual(starts);
  await leakFree(async () => void (await run()));
});

test("nearestImages() are those nearest in the known pixels", async () => {
  const images = Float32Array.of(0, 7, 0.5, 8, 1, 9);
  const dataset: Dataset = { images, shape: [1, 2, 1], labels: new Int32Array(3), size: 3 };
  const x = tf.tensor4d([0.9, -5, 0.3, -5], [2, 1, 2, 1]);
  expect([...(await nearestImages(x, dataset, mask))]).toEqual([1, 9, 0.5, 8]);
  await leakFree(async () => void (await nearestImages(x, dataset, mask)));
});

test("fill(), meanOf(), meanImage() and missingError() are what they say", () => {
  const images = Float32Array.of(1, 2, 3, 4);
  expect([...fill(images, Float32Array.of(-1, -2), mask)]).toEqual([1, -2, 3, -2]);
  expect([...fill(images, Float32Array.of(5, 6, 7, 8), mask)]).toEqual([1, 6, 3, 8]);
  expect([...meanOf([images, Float32Array.of(3, 2, 1, 0)])]).toEqual([2, 2, 2, 2]);
  const dataset: Dataset = {
    images: Uint8Array.of(0, 255, 255, 255),
    shape: [1, 2, 1],
    labels: new Int32Array(2),
    size: 2,
  };
  expect([...meanImage(dataset)]).toEqual([0, 1]);
  expect(missingError(Float32Array.of(9, 5, 9, 4), images, mask)).toBeCloseTo(Math.sqrt(9 / 2), 12);
});
