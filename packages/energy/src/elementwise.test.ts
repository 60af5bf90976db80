import { isAvailable } from "@jem-js/native";
import { leakFree, useBackend } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { grad, mul, reshape, slice, sum, type Tensor, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import * as ops from "./mod.ts";

const BACKENDS = ["cpu", "wasm", ...(isAvailable() ? ["native"] : [])];
const POINTS = [-3, -1.2, -0.3, 0.4, 1.1, 2.5];
const WEIGHTS = [0.7, -1.3, 2.1, 0.4, -0.6, 1.7];

interface Case {
  readonly op: (x: Tensor) => Tensor;
  /** The same function of float64 numbers. */
  readonly value: (x: number[]) => number[];
  /** Whether the rows of `[2, 3]` are worked on together. */
  readonly rows?: boolean;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const lse = (x: number[]): number => Math.log(x.reduce((s, v) => s + Math.exp(v), 0));
const CASES: Record<string, Case> = {
  exp: { op: ops.exp, value: (x) => x.map(Math.exp) },
  sigmoid: { op: ops.sigmoid, value: (x) => x.map(sigmoid) },
  tanh: { op: ops.tanh, value: (x) => x.map(Math.tanh) },
  softplus: { op: ops.softplus, value: (x) => x.map((v) => Math.log1p(Math.exp(v))) },
  swish: { op: ops.swish, value: (x) => x.map((v) => v * sigmoid(v)) },
  elu: { op: ops.elu, value: (x) => x.map((v) => (v > 0 ? v : Math.expm1(v))) },
  leakyRelu: { op: (x) => ops.leakyRelu(x, 0.2), value: (x) => x.map((v) => (v > 0 ? v : 0.2 * v)) },
  softmax: { op: ops.softmax, value: (x) => x.map((v) => Math.exp(v - lse(x))), rows: true },
  logSoftmax: { op: ops.logSoftmax, value: (x) => x.map((v) => v - lse(x)), rows: true },
  logSumExp: { op: ops.logSumExp, value: (x) => [lse(x)], rows: true },
};

/** `sum_i w_i op(x)_i^3`: the op is one link of a longer chain, and no derivative up to the third is 0. */
function objective({ op }: Case): (x: Tensor) => Tensor {
  return (x) =>
    tidy(() => {
      const y = op(x);
      const weights = reshape(tensor1d(WEIGHTS.slice(0, y.size)), y.shape);
      return sum(mul(mul(mul(y, y), y), weights));
    });
}

function reference({ value, rows }: Case): (x: number[]) => number {
  return (x) => {
    const y = rows ? [...value(x.slice(0, 3)), ...value(x.slice(3))] : value(x);
    return y.reduce((s, v, i) => s + v * v * v * WEIGHTS[i]!, 0);
  };
}

/** The gradient and the product of the Hessian with `v`, by central differences in float64. */
function differences(f: (x: number[]) => number, x: number[], v: number[]): { gradient: number[]; product: number[] } {
  const shifted = (at: number[], i: number, h: number): number[] => at.map((value, j) => (i === j ? value + h : value));
  const gradientAt = (at: number[]): number[] =>
    at.map((_, i) => (f(shifted(at, i, 1e-4)) - f(shifted(at, i, -1e-4))) / 2e-4);
  const along = (h: number): number[] => gradientAt(x.map((value, i) => value + h * v[i]!));
  const [plus, minus] = [along(1e-3), along(-1e-3)];
  return { gradient: gradientAt(x), product: plus.map((value, i) => (value - minus[i]!) / 2e-3) };
}

/** A tolerance relative to the largest number. */
const near = (tolerance: number, expected: number[]): { rtol: number; atol: number } => ({
  rtol: tolerance,
  atol: tolerance * Math.max(...expected.map(Math.abs)),
});

const DIRECTION = [0.3, -0.8, 1.1, 0.5, -0.2, 0.9];

describe.each(BACKENDS)("on %s", (backend) => {
  useBackend(backend);

  test.each(Object.keys(CASES))("%s() has the right value, gradient, Hessian and third derivative", async (name) => {
    const testCase = CASES[name]!;
    const f = objective(testCase);
    const x = tensor2d(POINTS, [2, 3]);
    const v = tensor2d(DIRECTION, [2, 3]);
    const product = (z: Tensor): Tensor => grad((u) => sum(mul(grad(f)(u), v)))(z);
    const expected = differences(reference(testCase), POINTS, DIRECTION);
    expect(await f(x).data()).toBeAllclose([reference(testCase)(POINTS)], { rtol: 1e-5 });
    expect(await grad(f)(x).data()).toBeAllclose(expected.gradient, near(1e-5, expected.gradient));
    expect(await product(x).data()).toBeAllclose(expected.product, near(1e-5, expected.product));
    // The third derivative along v twice, against a difference of the second.
    const third = await grad((z) => sum(mul(product(z), v)))(x).data();
    const at = (h: number): number[] =>
      differences(
        reference(testCase),
        POINTS.map((p, i) => p + h * DIRECTION[i]!),
        DIRECTION,
      ).product;
    const [plus, minus] = [at(1e-2), at(-1e-2)];
    const numeric = plus.map((value, i) => (value - minus[i]!) / 2e-2);
    expect(third).toBeAllclose(numeric, near(1e-3, numeric));
  });

  test("logSumExp() and softmax() stay finite and exact at logits of 1e3", async () => {
    const x = tensor2d([[1000, 999, -1000]]);
    const p = 1 / (1 + Math.exp(-1));
    expect(await ops.logSumExp(x).data()).toBeAllclose([1000 + Math.log1p(Math.exp(-1))]);
    expect(await grad((z) => ops.logSumExp(z))(x).data()).toBeAllclose([p, 1 - p, 0], { rtol: 1e-5 });
    const hessianRow = await grad((z) => slice(grad((u) => ops.logSumExp(u))(z), [0, 0], [1, 1]))(x).data();
    expect(hessianRow).toBeAllclose([p * (1 - p), -p * (1 - p), 0], { rtol: 1e-4 });
  });

  test("leakyRelu() and elu() have the derivatives of TensorFlow.js at 0", async () => {
    const zero = tensor2d([[0]]);
    expect(await grad((x) => ops.leakyRelu(x, 0.3))(zero).data()).toBeAllclose(
      await grad((x) => tf.leakyRelu(x, 0.3))(zero).data(),
    );
    expect(await grad(ops.elu)(zero).data()).toBeAllclose(await grad(tf.elu)(zero).data());
  });
});

// Why these functions exist: when one of these fails, TensorFlow.js has mended it and the rewrite can go.
const secondDerivative = (op: (x: Tensor) => Tensor, at: number): Promise<Float32Array> =>
  grad((z) => sum(grad((u) => sum(mul(op(u), u)))(z)))(tensor2d([[at]])).data() as Promise<Float32Array>;

test.each([
  ["exp", tf.exp as (x: Tensor) => Tensor, 3 * Math.E],
  ["tanh", tf.tanh as (x: Tensor) => Tensor, 2 * 0.419974 + -0.6397],
  ["sigmoid", tf.sigmoid as (x: Tensor) => Tensor, 2 * 0.196612 + -0.0908577],
])("TensorFlow.js computes the second derivative of x %s(x) wrongly", async (_, op, right) => {
  const [wrong] = await secondDerivative(op, 1);
  expect(Math.abs(wrong! - right)).toBeGreaterThan(0.05);
});

test("TensorFlow.js throws on the second derivative of elu()", () => {
  expect(() => secondDerivative(tf.elu, 1)).toThrow("EluGrad");
});

test.each(Object.keys(CASES))("%s() leaks nothing, not even from a Hessian", async (name) => {
  const f = objective(CASES[name]!);
  const x = tensor2d(POINTS, [2, 3]);
  await leakFree(() => {
    CASES[name]!.op(x).dispose();
    grad((z) => sum(grad(f)(z)))(x).dispose();
  });
});
