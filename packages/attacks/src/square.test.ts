import { foldIn, key, uniform } from "@jem-js/random";
import { golden, leakFree } from "@jem-js-internal/testing";
import { add, mul, ones, reshape, type Tensor, type Tensor2D, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { bumps, gridOf, indicesOf, placed, sidesOf } from "./_windows.ts";
import { pgd, runAttack, type SquareOptions, square, targeted } from "./mod.ts";

const oracle = golden("linear_oracle");
const linear = (x: Tensor): Tensor2D =>
  tidy(() => add(reshape(x, [x.shape[0]!, 10]).matMul(tensor2d(oracle.W)), tensor1d(oracle.b)) as Tensor2D);
const inputs = (): Tensor2D => tensor2d(oracle.x);

// In Linf, windows shrink to single elements and reach every corner of the ball. In L2, windows are at least 3 wide: on inputs as small as
// these not every direction can be reached.
describe.each([
  ["linf", 1.02],
  ["l2", 1.6],
] as const)("square() in %s", (norm, slack) => {
  test.each([[[12, 10]], [[12, 5, 2]], [[12, 2, 5, 1]], [[12, 1, 5, 2]]])(
    "breaks inputs %j of a linear classifier in a larger ball than the true distance, and none in a smaller one",
    async (shape) => {
      const distances: number[] = oracle[`min_${norm}`];
      const farthest = Math.max(...distances.slice(1));
      const nearest = Math.min(...distances.slice(1));
      const x = reshape(inputs(), shape as [number, number]);
      const options = { key: key(0), norm, steps: 400 };
      const large = await square(linear, x, oracle.labels, { ...options, epsilon: slack * farthest });
      expect(large.status.slice(1)).toEqual(new Array(11).fill("success"));
      for (let i = 1; i < 12; i++) expect(large.distances[i]).toBeGreaterThan(distances[i]! - 1e-6);
      const small = await square(linear, x, oracle.labels, { ...options, epsilon: 0.98 * nearest, steps: 50 });
      expect(small.status.slice(1)).toEqual(new Array(11).fill("failed"));
      expect([...small.queries]).toEqual([1, ...new Array(11).fill(52)]);
    },
  );

  test("asks about inputs in ball and bounds only, all examples in one pass, and counts what it asks", async () => {
    const epsilon = 0.2;
    const x = uniform(key(5), [3, 6, 6, 2]);
    const origin = x.dataSync();
    let [rows, passes] = [0, 0];
    const spy = (z: Tensor): Tensor2D => {
      rows += z.shape[0]!;
      passes += 1;
      const values = z.dataSync();
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThanOrEqual(1);
      if (z.shape[0] === 3) {
        for (let i = 0; i < 3; i++) {
          const offsets = Array.from(values.subarray(72 * i, 72 * (i + 1)), (v, j) => v - origin[72 * i + j]!);
          const length = norm === "l2" ? Math.hypot(...offsets) : Math.max(...offsets.map(Math.abs));
          expect(length).toBeLessThan(epsilon + 1e-6);
        }
      }
      return tidy(() => mul(ones([z.shape[0]!, 2]), tensor2d([[1, 0]])) as Tensor2D);
    };
    const result = await square(spy, x, targeted([1, 1, 1]), { key: key(0), norm, epsilon, steps: 30 });
    expect(result.status).toEqual(["failed", "failed", "failed"]);
    expect(rows).toBe(3 * 32);
    expect(passes).toBe(32);
    expect([...result.queries]).toEqual([32, 32, 32]);
  });

  test("gives an example the same whatever its batch, by its key", async () => {
    const options = { norm, epsilon: 0.4 * (norm === "l2" ? 1 : 0.3), steps: 60 };
    const whole = await square(linear, inputs(), oracle.labels, { ...options, key: key(1) });
    const single = await square(linear, inputs(), oracle.labels, { ...options, key: key(1), batchSize: 5 });
    expect(single.queries).toEqual(whole.queries);
    const order = [4, 11, 0, 7, 1, 2, 3, 5, 6, 8, 9, 10];
    const permuted = await square(
      linear,
      tensor2d(order.map((i) => oracle.x[i])),
      order.map((i) => oracle.labels[i]),
      { ...options, key: order.map((i) => foldIn(key(1), i)) },
    );
    expect([...permuted.distances]).toEqual(order.map((i) => whole.distances[i]));
    expect([...permuted.queries]).toEqual(order.map((i) => whole.queries[i]));
  });

  test("leaves its two tensors and nothing else", async () => {
    const x = inputs();
    await leakFree(async () => {
      const result = await square(linear, x, oracle.labels, { key: key(0), norm, epsilon: 0.2, steps: 20 });
      result.raw.dispose();
      result.clipped.dispose();
    });
  });
});

test("square() breaks what gradients do not show", async () => {
  // Logits rounded to halves: their gradient is 0 everywhere.
  const masked = (x: Tensor): Tensor2D => tidy(() => mul(linear(x).mul(2).floor(), 0.5) as Tensor2D);
  const ball = { norm: "linf", epsilon: 0.3 } as const;
  const straight = await square(masked, inputs(), oracle.labels, { ...ball, key: key(0), steps: 300 });
  const blind = await runAttack(masked, inputs(), oracle.labels, {
    ...ball,
    attack: ({ model, x, criterion }) => pgd(model, x, criterion, ball),
  });
  const broken = (success: readonly boolean[]): number => success.filter(Boolean).length;
  expect(broken(straight.success)).toBe(12);
  expect(broken(blind.success)).toBeLessThan(6);
});

test("windows are of the given share, odd where asked for, and inside the grid", () => {
  const image = gridOf([28, 28, 3]);
  expect(image).toEqual({ height: 28, width: 28, channels: 3 });
  expect(sidesOf(image, 0.8, 1)).toEqual({ height: 25, width: 25 });
  expect(sidesOf(image, 0.8, 3)).toEqual({ height: 25, width: 25 });
  expect(sidesOf(image, 0.05, 3)).toEqual({ height: 7, width: 7 });
  expect(sidesOf(image, 1e-6, 1)).toEqual({ height: 1, width: 1 });
  expect(sidesOf(gridOf([10]), 0.8, 1)).toEqual({ height: 1, width: 8 });
  expect(sidesOf(gridOf([2, 30]), 0.8, 1)).toEqual({ height: 2, width: 24 });
  const corner = placed(image, { height: 3, width: 2 }, 0.999999, 0.999999);
  expect(corner).toEqual({ top: 25, left: 26, height: 3, width: 2 });
  const places = [26, 27].map((column) => 28 * 25 + column);
  expect(indicesOf(image, { ...corner, height: 1 }, 1)).toEqual(places.map((place) => 3 * place + 1));
});

test("bumps() are those of the reference", () => {
  // eta(5) of the authors' code, up to transposition: halves of 2 and 3 rows.
  const [a, b, c] = [1 + 1 / 4 + 1 / 9, 1 / 4 + 1 / 9, 1 / 9];
  const upper = [c, b, b, b, c, c, b, a, b, c];
  const lower = [c, b, b, b, c, c, b, a, b, c, c, b, b, b, c];
  const lengthOf = (values: number[]): number => Math.hypot(...values);
  const expected = [
    ...upper.map((value) => value / lengthOf(upper) / Math.SQRT2),
    ...lower.map((value) => -value / lengthOf(lower) / Math.SQRT2),
  ];
  expect(bumps(5, 5, false)).toBeAllclose(expected, { rtol: 1e-12 });
  const transposed = Array.from({ length: 25 }, (_, i) => expected[5 * (i % 5) + Math.floor(i / 5)]!);
  expect(bumps(5, 5, true)).toBeAllclose(transposed, { rtol: 1e-12 });
});

test("square() throws on options that make no attack", async () => {
  const wrong: [Partial<SquareOptions>, string][] = [
    // @ts-expect-error: no such norm
    [{ norm: "l1" }, 'norm must be "linf" or "l2" but found l1'],
    [{ epsilon: -1 }, "epsilon must be finite and at least 0 but found -1"],
    [{ steps: 0 }, "steps must be a positive integer but found 0"],
    [{ share: 0 }, "share must be finite and greater than 0 but found 0"],
    [{ share: 2 }, "share must be from 0 to 1 but found 2"],
  ];
  const options: SquareOptions = { key: key(0), norm: "linf", epsilon: 0.1 };
  for (const [changed, message] of wrong) {
    await expect(square(linear, inputs(), oracle.labels, { ...options, ...changed })).rejects.toThrow(message);
  }
  // @ts-expect-error: no key
  await expect(square(linear, inputs(), oracle.labels, { norm: "l2", epsilon: 1 })).rejects.toThrow(
    "key must be a key",
  );
});
