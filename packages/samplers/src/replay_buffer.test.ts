import { foldIn, key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { fill, mul, ones, tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { replayBuffer } from "./mod.ts";

test("replayBuffer() starts uniform on [-1, 1)", () => {
  const { values } = replayBuffer({ key: key(0), size: 1000, shape: [10] });
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.024); // four standard errors
  expect(Math.abs(variance - 1 / 3)).toBeLessThan(0.012);
});

test("draw() visits all slots equally often and starts anew at the given rate", () => {
  const size = 50;
  const buffer = replayBuffer({
    key: key(0),
    size,
    shape: [1],
    reinitProbability: 0.05,
    initializer: (_, count) => new Float32Array(count).fill(7),
  });
  buffer.values.fill(0);
  const counts = new Array<number>(size).fill(0);
  let fresh = 0;
  const n = 20_000;
  for (let i = 0; i < n / 100; i++) {
    const { x, slots } = buffer.draw(foldIn(key(1), i), 100);
    for (const slot of slots) counts[slot]! += 1;
    fresh += x.dataSync().filter((value) => value === 7).length;
    x.dispose();
  }
  const chiSquared = counts.reduce((sum, count) => sum + (count - n / size) ** 2 / (n / size), 0);
  expect(chiSquared).toBeLessThan(85.4); // 0.1 % point at 49 degrees of freedom
  expect(Math.abs(fresh / n - 0.05)).toBeLessThan(3 * Math.sqrt((0.05 * 0.95) / n));
});

test("write() goes back to the drawn slots, the last of equal slots wins", async () => {
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [2], reinitProbability: 0 });
  const before = Float32Array.from(buffer.values);
  await buffer.write(
    Int32Array.of(2, 0, 2),
    tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  );
  expect([...buffer.values]).toEqual([3, 4, before[2], before[3], 5, 6, before[6], before[7]]);
});

test("what was written is what is drawn", async () => {
  const buffer = replayBuffer({ key: key(0), size: 1, shape: [3], reinitProbability: 0 });
  await buffer.write(Int32Array.of(0), mul(ones([1, 3]), 5));
  expect([...buffer.draw(key(1), 2).x.dataSync()]).toEqual([5, 5, 5, 5, 5, 5]);
});

test("draw() gives equal chains for equal keys", () => {
  const buffer = replayBuffer({ key: key(0), size: 100, shape: [2], reinitProbability: 0.5 });
  const a = buffer.draw(key(2), 10);
  const b = buffer.draw(key(2), 10);
  expect(a.slots).toEqual(b.slots);
  expect(a.x.dataSync()).toEqual(b.x.dataSync());
});

test("a buffer holds no tensors; draw() makes one", () =>
  leakFree(async () => {
    const buffer = replayBuffer({ key: key(0), size: 10, shape: [2] });
    const { x, slots } = buffer.draw(key(1), 3);
    await buffer.write(slots, x);
    x.dispose();
    buffer.dispose();
  }));

test("replayBuffer() refuses bad options, values and slots, and keeps what it had", async () => {
  const options = { key: key(0), shape: [2] };
  expect(() => replayBuffer({ ...options, size: 0 })).toThrow("size must be an integer of at least 1 but found 0");
  expect(() => replayBuffer({ ...options, shape: [2, 0] })).toThrow("each side of shape");
  expect(() => replayBuffer({ ...options, reinitProbability: 1.5 })).toThrow("from 0 to 1 but found 1.5");
  expect(() => replayBuffer({ ...options, size: 2, initializer: () => new Float32Array(3) })).toThrow(
    "initializer must make 4 values but made 3",
  );
  const buffer = replayBuffer({ ...options, size: 3 });
  const before = Float32Array.from(buffer.values);
  expect(() => buffer.draw(key(0), 0)).toThrow("batch must be an integer of at least 1 but found 0");
  await expect(buffer.write(Int32Array.of(0), ones([1, 3]))).rejects.toThrow("x must be [1, 2] but found [1, 3]");
  await expect(buffer.write(Int32Array.of(3), ones([1, 2]))).rejects.toThrow("slots must be from 0 to 2 but found 3");
  await expect(buffer.write(Int32Array.of(0), fill([1, 2], Number.NaN))).rejects.toThrow("found NaN in chain 0");
  expect(buffer.values).toEqual(before);
  buffer.dispose();
  expect(() => buffer.draw(key(0), 1)).toThrow("it was disposed");
});
