import { key } from "@jem-js/random";
import { replayBuffer } from "@jem-js/samplers";
import { leakFree } from "@jem-js-internal/testing";
import { add, ones, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type Chain, dataNegatives, persistentNegatives, shortRunNegatives } from "./mod.ts";

const values = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const ascend: Chain = (_, start) => add(start, 10);

test("dataNegatives() starts at the data", async () => {
  expect(await values(await dataNegatives(ascend)(key(0), ones([2, 3])))).toEqual(new Array(6).fill(11));
});

test("persistentNegatives() starts where earlier chains ended", async () => {
  const buffer = replayBuffer({ key: key(0), size: 1, shape: [1], reinitProbability: 0 });
  const start = buffer.values[0]!;
  const sample = persistentNegatives(ascend, buffer);
  for (let i = 1; i <= 5; i++) {
    expect(await values(await sample(key(i), zeros([1, 1])))).toBeAllclose([start + 10 * i]);
  }
});

test("shortRunNegatives() starts at noise, each time anew", async () => {
  const sample = shortRunNegatives(ascend);
  for (let i = 0; i < 5; i++) {
    const drawn = await values(await sample(key(i), zeros([100, 2])));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(9);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(11);
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(1.5);
  }
  const fixed = shortRunNegatives(ascend, { initializer: (_, shape) => ones([...shape]) });
  expect(await values(await fixed(key(0), zeros([1, 2])))).toEqual([11, 11]);
});

test("equal keys give equal negatives, the chain gets a key of its own", async () => {
  const keys: unknown[] = [];
  const record: Chain = (chainKey, start) => {
    keys.push(chainKey);
    return add(start, 0);
  };
  const sample = shortRunNegatives(record);
  const [first, second, other] = [
    await values(await sample(key(7), zeros([4, 2]))),
    await values(await sample(key(7), zeros([4, 2]))),
    await values(await sample(key(8), zeros([4, 2]))),
  ];
  expect(second).toEqual(first);
  expect(other).not.toEqual(first);
  expect(keys[0]).toEqual(keys[1]);
  expect(keys[0]).not.toEqual(key(7));
});

test("the negative samplers leave the negatives alone, also when the store refuses them", async () => {
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [2] });
  const x = zeros([3, 2]);
  for (const sample of [dataNegatives(ascend), persistentNegatives(ascend, buffer), shortRunNegatives(ascend)]) {
    await leakFree(async () => (await sample(key(0), x)).dispose());
  }
  const diverge: Chain = (_, start) => add(start, Number.POSITIVE_INFINITY);
  await leakFree(async () => {
    await expect(persistentNegatives(diverge, buffer)(key(0), x)).rejects.toThrow("values must be finite");
  });
});
