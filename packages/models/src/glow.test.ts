import { key, normal, uniform } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  dispose,
  grad,
  mean,
  moments,
  mul,
  neg,
  type Scalar,
  sum,
  type Tensor,
  tidy,
  train,
  type Variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type Flow, glow } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

/** Gives a new flow weights that matter. */
function disturbed<F extends Flow>(flow: F, scale = 0.1): F {
  for (const [i, one] of flow.variables.entries()) {
    one.assign(tidy(() => add(one, mul(normal(key(50 + i), one.shape as [number]), scale))));
  }
  return flow;
}

test("glow() is inverted to 1e-5, at several scales and with classes", async () => {
  for (const [inputShape, levels, classes] of [
    [[4, 4, 1], 1, 1],
    [[8, 4, 2], 2, 3],
  ] as const) {
    const flow = disturbed(glow(key(0), { inputShape, levels, classes, steps: 2, filters: 4 }));
    const x = normal(key(1), [3, ...inputShape]);
    const labels = [0, 2, 1].map((y) => y % classes);
    const { z } = flow.forward(x, labels);
    expect(z.shape).toEqual(x.shape);
    expect(await read(flow.inverse(z, labels))).toBeAllclose(await read(x), { rtol: 1e-5, atol: 1e-5 });
  }
});

test("the log-determinant of glow() is that of its Jacobian", async () => {
  const flow = disturbed(glow(key(0), { inputShape: [2, 2, 1], levels: 1, steps: 2, filters: 4 }));
  const x = normal(key(1), [1, 2, 2, 1]);
  const rows = await Promise.all(
    [0, 1, 2, 3].map((i) => read(grad((input: Tensor) => sum(flow.forward(input).z.reshape([4]).slice([i], [1])))(x))),
  );
  expect(await read(flow.forward(x).logDeterminant)).toBeAllclose([Math.log(Math.abs(determinant(rows)))], {
    atol: 1e-4,
  });
});

test("initialize() makes activations standard, of which training and samples can start", async () => {
  const flow = glow(key(0), { inputShape: [4, 4, 1], levels: 1, steps: 1, filters: 4 });
  const x = tidy(() => add(mul(normal(key(1), [256, 4, 4, 1]), 5), 3));
  flow.initialize(x);
  const { z } = flow.forward(x);
  // A new coupling scales half of the channels by sigmoid(2).
  const { mean: center, variance } = moments(z.reshape([-1, 4]), 0);
  expect(await read(center)).toBeAllclose([0, 0, 0, 0], { atol: 1e-4 });
  const scale = 1 / (1 + Math.exp(-2));
  expect((await read(variance)).sort()).toBeAllclose([scale ** 2, scale ** 2, 1, 1], { rtol: 1e-3 });
});

test("glow() learns by maximum likelihood", async () => {
  const draw = (seed: number): Tensor =>
    tidy(() => {
      const common = normal(key(seed), [64, 1, 1, 1]);
      return add(common, mul(normal(key(seed + 5000), [64, 4, 4, 1]), 0.1));
    });
  const flow = glow(key(0), { inputShape: [4, 4, 1], levels: 2, steps: 1, filters: 4 });
  flow.initialize(draw(1));
  const test = draw(3);
  const likelihood = async (): Promise<number> => (await read(mean(flow.logDensity(test))))[0]!;
  const before = await likelihood();
  const optimizer = train.adam(1e-2);
  for (let i = 0; i < 60; i++) {
    const x = draw(10 + i);
    optimizer.minimize(() => neg(mean(flow.logDensity(x))) as Scalar, false, flow.variables as Variable[]);
    x.dispose();
  }
  // The covariance 1 1^T + 0.01 I allows 10.4 nats; independent pixels of its variance have -22.8.
  expect(before).toBeLessThan(-15);
  expect(await likelihood()).toBeGreaterThan(before + 10);
});

test("glow() leaves no tensors and refuses bad sizes by value", async () => {
  const x = uniform(key(0), [2, 4, 4, 1]);
  await leakFree(() => {
    const flow = glow(key(0), { inputShape: [4, 4, 1], steps: 1, filters: 2, classes: 2 });
    flow.initialize(x, [0, 1]);
    dispose([flow.logDensity(x), flow.logDensity(x, [0, 1]), flow.score(x), flow.sample(key(1), 2)]);
    flow.dispose();
  });
  expect(() => glow(key(0), { inputShape: [6, 4, 1] })).toThrow("divisible by 4 but found 6");
  expect(() => glow(key(0), { inputShape: [4, 4, 1], levels: 0 })).toThrow(
    "levels must be an integer of at least 1 but found 0",
  );
  expect(() => glow(key(0), { inputShape: [4, 4, 1], classes: 2 }).forward(zeros([1, 4, 4, 1]))).toThrow(
    "labels must be given",
  );
});

/** By elimination with pivots. */
function determinant(rows: readonly (readonly number[])[]): number {
  const m = rows.map((row) => [...row]);
  let value = 1;
  for (let i = 0; i < m.length; i++) {
    const pivot = m.findIndex(
      (row, r) => r >= i && Math.abs(row[i]!) === Math.max(...m.slice(i).map((one) => Math.abs(one[i]!))),
    );
    if (pivot !== i) {
      [m[i], m[pivot]] = [m[pivot]!, m[i]!];
      value *= -1;
    }
    value *= m[i]![i]!;
    for (let r = i + 1; r < m.length; r++) {
      const factor = m[r]![i]! / m[i]![i]!;
      for (let c = i; c < m.length; c++) m[r]![c]! -= factor * m[i]![c]!;
    }
  }
  return value;
}
