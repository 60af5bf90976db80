import { key } from "@jem-js/random";
import { replayBuffer, run, sgld } from "@jem-js/samplers";
import { fourPoints, gaussian, leakFree } from "@jem-js-internal/testing";
import { add, mul, neg, ones, scalar, type Tensor, tile, train, variable, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type Chain, contrastiveDivergence, dataNegatives, persistentNegatives, shortRunNegatives } from "./mod.ts";

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

test.each(["at the data", "where earlier chains ended"])(
  "chains that start %s teach the variance of data",
  async (start) => {
    const precision = variable(scalar(1));
    const x = tile(fourPoints(4), [32, 1]);
    const head = { score: (input: Tensor) => neg(mul(input, precision)) };
    const kernel = sgld(head, { alpha: 0.4 });
    const chain: Chain = (k, from) => run(kernel, from, { key: k, steps: 5 }).x;
    const buffer = replayBuffer({ key: key(0), size: 512, shape: [2], reinitProbability: 0 });
    const sample = start === "at the data" ? dataNegatives(chain) : persistentNegatives(chain, buffer);
    const optimizer = train.sgd(0.02);
    let average = 0;
    for (let i = 0; i < 400; i++) {
      const negatives = await sample(key(i), x);
      optimizer.minimize(() => contrastiveDivergence(gaussian(precision), { x, negatives }).loss);
      if (i >= 200) average += (await precision.data())[0]! / 200;
    }
    // Unadjusted chains of step 0.4 have a variance of 1 / (1 - 0.2 precision / 2) times the right one, 3 % more at 1/4;
    // the rest is the noise of the chains, averaged over 200 iterations.
    expect(Math.abs(average - 0.25)).toBeLessThan(0.02);
  },
);

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

test("the negative samplers leave the negatives alone, also when a chain or the store fails", async () => {
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [2] });
  const x = zeros([3, 2]);
  for (const sample of [dataNegatives(ascend), persistentNegatives(ascend, buffer), shortRunNegatives(ascend)]) {
    await leakFree(async () => (await sample(key(0), x)).dispose());
  }
  const failing: Chain = () => {
    throw new Error("out of luck");
  };
  for (const sample of [persistentNegatives(failing, buffer), shortRunNegatives(failing)]) {
    await leakFree(() => expect(sample(key(0), x)).rejects.toThrow("out of luck"));
  }
  const diverge: Chain = (_, start) => add(start, Number.POSITIVE_INFINITY);
  await leakFree(async () => {
    await expect(persistentNegatives(diverge, buffer)(key(0), x)).rejects.toThrow("values must be finite");
  });
});
