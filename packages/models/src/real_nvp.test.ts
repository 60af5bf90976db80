import { energyHead } from "@jem-js/energy";
import { type Key, key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  dispose,
  grad,
  mean,
  mul,
  neg,
  type Scalar,
  sum,
  type Tensor,
  tensor2d,
  tidy,
  train,
  type Variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { bitsPerDimension, type Flow, realNvp } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

/** Gives a new flow, which is the identity, weights that matter. */
function disturbed(flow: Flow, seed: number, scale = 0.4): Flow {
  for (const [i, one] of flow.variables.entries()) {
    one.assign(tidy(() => add(one, mul(normal(key(seed + i), one.shape as [number]), scale))));
  }
  return flow;
}

test("realNvp() starts as the identity, of a standard normal density", async () => {
  const flow = realNvp(key(0), { inputShape: [3, 1] });
  const x = normal(key(1), [4, 3, 1]);
  const { z, logDeterminant } = flow.forward(x);
  expect(await read(z)).toEqual(await read(x));
  expect(await read(logDeterminant)).toEqual([0, 0, 0, 0]);
  const values = (await x.array()) as number[][][];
  const expected = values.map((row) => -0.5 * row.flat().reduce((s, v) => s + v * v, 0) - 1.5 * Math.log(2 * Math.PI));
  expect(await read(flow.logDensity(x))).toBeAllclose(expected);
});

test("realNvp() is inverted to 1e-5, with odd sizes and classes too", async () => {
  for (const [inputShape, classes] of [
    [[5], 1],
    [[2], 3],
    [[3, 2, 1], 2],
  ] as const) {
    const flow = disturbed(realNvp(key(0), { inputShape, classes, units: [8] }), 10);
    const x = normal(key(1), [6, ...inputShape] as unknown as [number]);
    const labels = [0, 1, 0, 1, 1, 0].map((y) => y % classes);
    const { z } = flow.forward(x, labels);
    expect(await read(flow.inverse(z, labels))).toBeAllclose(await read(x), { rtol: 1e-5, atol: 1e-5 });
    if (classes > 1)
      expect(
        await read(
          flow.inverse(
            z,
            labels.map((y) => (y + 1) % classes),
          ),
        ),
      ).not.toEqual(await read(x));
  }
});

test("the log-determinant of realNvp() is that of its Jacobian", async () => {
  const flow = disturbed(realNvp(key(0), { inputShape: [2], units: [8] }), 20);
  const x = tensor2d([[0.3, -0.7]]);
  const row = async (i: number): Promise<number[]> =>
    read(grad((input: Tensor) => sum(flow.forward(input).z.slice([0, i], [1, 1])))(x));
  const [[a, b], [c, d]] = (await Promise.all([row(0), row(1)])) as [[number, number], [number, number]];
  expect(await read(flow.forward(x).logDeterminant)).toBeAllclose([Math.log(Math.abs(a * d - b * c))], { atol: 1e-4 });
});

test("the density of realNvp() integrates to 1, and its logits are a joint density", async () => {
  const flow = disturbed(realNvp(key(0), { inputShape: [2], units: [8], classes: 2 }), 30);
  const [side, step] = [241, 0.1];
  const grid = tensor2d(
    Array.from({ length: side * side }, (_, i) => [((i % side) - 120) * step, (Math.floor(i / side) - 120) * step]),
  );
  const densities = await read(flow.logDensity(grid));
  expect(densities.reduce((total, one) => total + Math.exp(one) * step * step, 0)).toBeCloseTo(1, 3);
  const x = normal(key(3), [5, 2]);
  const head = energyHead((input) => flow.logits(input));
  expect(await read(head.logDensity(x))).toBeAllclose(await read(flow.logDensity(x)), { rtol: 1e-4 });
  const ofOne = await read(flow.logDensity(x, [1, 1, 1, 1, 1]));
  const logits = await flow.logits(x).array();
  expect(logits.map((row) => row[1]! + Math.log(2))).toBeAllclose(ofOne);
  expect(await read(flow.score(x))).toBeAllclose(await read(head.score(x)), { rtol: 1e-3, atol: 1e-4 });
});

test("realNvp() learns a density by maximum likelihood to its entropy, and samples it", async () => {
  // A banana: x_2 = x_1^2 / 2 + e / 2.
  const draw = (k: Key): Tensor =>
    tidy(() => {
      const e = normal(k, [256, 2]);
      const [a, b] = [e.slice([0, 0], [-1, 1]), e.slice([0, 1], [-1, 1])];
      return a.concat(a.square().mul(0.5).add(b.mul(0.5)), 1);
    });
  const flow = realNvp(key(0), { inputShape: [2], units: [16], couplings: 4 });
  const optimizer = train.adam(2e-2);
  for (let i = 0; i < 150; i++) {
    const x = draw(key(i));
    optimizer.minimize(() => neg(mean(flow.logDensity(x))) as Scalar, false, flow.variables as Variable[]);
    x.dispose();
  }
  const test = draw(key(1_000_000));
  const truth = tidy(() => {
    const [a, b] = [test.slice([0, 0], [-1, 1]), test.slice([0, 1], [-1, 1])];
    const squares = a.square().add(b.sub(a.square().mul(0.5)).mul(2).square());
    return mean(squares.mul(-0.5).sub(Math.log(2 * Math.PI * 0.5)));
  });
  const [expected] = await read(truth);
  const [found] = await read(mean(flow.logDensity(test)));
  expect(found).toBeGreaterThan(expected! - 0.05);
  const samples = flow.sample(key(5), 4000);
  // E x_2 is 1/2.
  expect((await read(mean(samples, 0)))[1]).toBeCloseTo(0.5, 1);
});

test("bitsPerDimension() is 8 for uniform bytes, and refuses bad options by value", () => {
  expect(bitsPerDimension([Math.log(0.5) * 4, Math.log(0.5) * 4], { dimensions: 4, levelWidth: 2 / 256 })).toBeCloseTo(
    8,
    10,
  );
  expect(() => bitsPerDimension([], { dimensions: 1 })).toThrow("must be an example but found none");
  expect(() => bitsPerDimension([1], { dimensions: 0 })).toThrow("positive integer but found 0");
  expect(() => bitsPerDimension([1], { dimensions: 1, levelWidth: 0 })).toThrow(
    "levelWidth must be greater than 0 but found 0",
  );
});

test("flows leave no tensors and refuse bad input by value", async () => {
  const x = zeros([2, 2]);
  await leakFree(() => {
    const flow = realNvp(key(0), { inputShape: [2], units: [4], couplings: 2, classes: 2 });
    const { z, logDeterminant } = flow.forward(x, [0, 1]);
    dispose([
      z,
      logDeterminant,
      flow.inverse(x, [0, 1]),
      flow.logDensity(x),
      flow.score(x),
      flow.logits(x),
      flow.sample(key(1), 3),
    ]);
    flow.dispose();
  });
  const flow = realNvp(key(0), { inputShape: [2], classes: 3 });
  expect(() => flow.forward(x)).toThrow("labels must be given to a flow of 3 classes");
  expect(() => flow.forward(x, [0])).toThrow("labels must be [2] but found [1]");
  expect(() => flow.forward(x, [0, 3])).toThrow("labels must be integers from 0 to 2 but found 3");
  expect(() => realNvp(key(0), { inputShape: [1] })).toThrow(
    "the number of values must be an integer of at least 2 but found 1",
  );
  expect(() => realNvp(key(0), { inputShape: [2], couplings: 1 })).toThrow(
    "couplings must be an integer of at least 2 but found 1",
  );
});
