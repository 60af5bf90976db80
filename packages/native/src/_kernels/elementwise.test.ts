import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { describeNative, expectSame, randn } from "../../testing/compare.ts";

const SHAPES: [number[], number[]][] = [
  [[], []],
  [[7], [7]],
  [[7], []],
  [[], [3, 5]],
  [
    [4, 5, 6],
    [5, 6],
  ],
  [
    [4, 1, 6],
    [4, 5, 6],
  ],
  [
    [2, 1, 3, 1],
    [1, 4, 1, 5],
  ],
  [
    [2, 1, 3, 1, 2],
    [2, 4, 1, 5, 1],
  ],
  [
    [0, 3],
    [1, 3],
  ],
  [[33, 1000], [1000]],
  [
    [33, 1000],
    [33, 1],
  ],
];
const BINARY = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  equal: tf.equal,
  notEqual: tf.notEqual,
};
const UNARY = {
  neg: tf.neg,
  exp: tf.exp,
  expm1: tf.expm1,
  sqrt: tf.sqrt,
  rsqrt: tf.rsqrt,
  square: tf.square,
  abs: tf.abs,
  reciprocal: tf.reciprocal,
  relu: tf.relu,
  relu6: tf.relu6,
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  erf: tf.erf,
  sign: tf.sign,
  log: tf.log,
  log1p: tf.log1p,
  step: tf.step,
  leakyRelu: tf.leakyRelu,
  zerosLike: tf.zerosLike,
  onesLike: tf.onesLike,
};

/** Values at which functions have limits. */
const SPECIAL = [0, -0, 1, -1, 1e-8, -1e-8, 88, -88, 200, -200, 1e-42, Number.NaN, Number.POSITIVE_INFINITY, -1 / 0];

describeNative("element-wise kernels", () => {
  for (const [name, f] of Object.entries(BINARY)) {
    test(`${name} agrees with cpu on every kind of broadcast`, async () => {
      for (const [a, b] of SHAPES) {
        await expectSame(() => [f(randn(a, 1), randn(b, 2)), f(randn(b, 1), randn(a, 2))], 1e-6);
      }
    });
  }

  for (const [name, f] of Object.entries(UNARY) as [string, (x: tf.Tensor) => tf.Tensor][]) {
    test(`${name} agrees with cpu, also at its limits`, () =>
      expectSame(() => {
        return [
          f(randn([3, 5, 7], 1)),
          f(randn([40_000], 2)),
          f(randn([], 3)),
          f(randn([0, 2], 1)),
          f(tf.tensor1d(SPECIAL)),
        ];
      }, 2e-6));

    test(`the gradient of ${name} agrees with cpu`, () => {
      const weights = (): tf.Tensor => randn([3, 5], 2);
      return expectSame(
        () => tf.grad((x: tf.Tensor) => tf.sum(tf.mul(f(x), weights())))(tf.abs(randn([3, 5], 1))),
        1e-5,
      );
    });
  }

  test("gradients of leakyRelu and relu agree with cpu for every slope", async () => {
    for (const alpha of [-0.5, 0, 0.2, 1.5]) {
      await expectSame(() => tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.leakyRelu(x, alpha))))(randn([40], 1)));
    }
    await expectSame(() => tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.relu(x))))(randn([40], 1)));
  });

  test("gradients of prelu, elu, clipByValue and broadcast products agree with cpu", () =>
    expectSame(() => [
      ...tf.grads((x: tf.Tensor, a: tf.Tensor) => tf.sum(tf.square(tf.prelu(x, a))))([randn([4, 5], 1), randn([5], 2)]),
      tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.clipByValue(x, -0.5, 0.7))))(randn([4, 5], 1)),
      ...tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.mul(x, y)))([randn([4, 1, 3], 1), randn([5, 1], 2)]),
    ]));

  test("integers and booleans agree with cpu", () =>
    expectSame(() => {
      const a = tf.tensor1d([1, -2, 3], "int32");
      const flags = tf.tensor1d([true, false, true], "bool");
      return [
        tf.add(a, a),
        tf.div(a, tf.tensor1d([2, 2, 2], "int32")),
        tf.add(a, 0.5),
        tf.cast(a, "float32").add(tf.scalar(1)),
        tf.cast(flags, "float32"),
        tf.cast(tf.tensor1d([1.7, -1.7, 0]), "int32"),
        tf.cast(tf.tensor1d([1.7, -1.7, 0]), "bool"),
        tf.equal(a, 3),
        tf.logicalAnd(flags, flags),
        tf.sum(flags),
        tf.mean(a),
      ];
    }));

  test("where agrees with cpu for full and broadcast conditions", () =>
    expectSame(() => [
      tf.where(tf.greater(randn([3, 4], 1), 0), randn([3, 4], 2), randn([3, 4], 3)),
      tf.where(tf.scalar(1, "bool"), randn([3, 4], 2), randn([3, 4], 3)),
      tf.where(tf.greater(randn([4], 1), 0), randn([3, 4], 2), tf.scalar(0)),
    ]));

  test("shapes that do not match throw and change nothing", async () => {
    await tf.setBackend("native");
    expect(() => tf.tidy(() => tf.add(randn([3], 1), randn([4], 1)))).toThrow();
    expect(() =>
      tf.tidy(() => tf.conv2d(randn([1, 4, 4, 3], 1) as tf.Tensor4D, randn([3, 3, 4, 1]) as tf.Tensor4D, 1, 1)),
    ).toThrow();
    expect(() => tf.tidy(() => tf.matMul(randn([2, 3], 1), randn([2, 3], 1)))).toThrow();
    await tf.setBackend("cpu");
  });
});
