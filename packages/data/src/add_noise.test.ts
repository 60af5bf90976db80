import { key, normalValues } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { fill, grad, scalar, sum, type Tensor, tensor1d, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { addNoise } from "./mod.ts";

test("addNoise() adds scale times the normal numbers of the key, without clipping", async () => {
  const noisy = await addNoise(key(1), fill([5, 4], 1), { scale: 0.1 }).data();
  expect(noisy).toBeAllclose(normalValues(key(1), 20).map((z) => 1 + 0.1 * z));
  expect(Math.max(...noisy)).toBeGreaterThan(1);
});

test("addNoise() has the standard deviation that it was asked for, and none for 0", async () => {
  const noise = Float32Array.from(await addNoise(key(2), zeros([100_000]), { scale: 0.03 }).data());
  const variance = noise.reduce((total, value) => total + value * value, 0) / noise.length;
  // The standard error of a variance is sqrt(2 / n) times itself.
  expect(Math.abs(variance / 0.03 ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / 100_000));
  expect([...(await addNoise(key(2), tensor1d([1, -2]), { scale: 0 }).data())]).toEqual([1, -2]);
});

test("addNoise() is the same for equal keys, borrows its input and leaves one tensor", () =>
  leakFree(async () => {
    const x = tensor1d([1, 2, 3]);
    const results = [key(5), key(5), key(6)].map((k) => addNoise(k, x, { scale: 1 }));
    const [first, again, other] = await Promise.all(results.map((result) => result.data()));
    expect(again).toEqual(first);
    expect(other![0]).not.toBe(first![0]);
    for (const t of [...results, x]) t.dispose();
  }));

test("addNoise() lets gradients through", async () => {
  const gradient = grad((x: Tensor) => sum(addNoise(key(0), x, { scale: 1 })))(tensor1d([1, 2]));
  expect([...(await gradient.data())]).toEqual([1, 1]);
});

test("addNoise() refuses scales below 0 and tensors that are not float32", () => {
  for (const scale of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => addNoise(key(0), scalar(1), { scale })).toThrow(
      `Cannot add noise: scale must be a finite number of at least 0 but found ${scale}`,
    );
  }
  expect(() => addNoise(key(0), tensor1d([1], "int32"), { scale: 1 })).toThrow("x must be float32 but found int32");
  expect(() => addNoise(0 as never, scalar(1), { scale: 1 })).toThrow("key must come from key(), split() or foldIn()");
});
