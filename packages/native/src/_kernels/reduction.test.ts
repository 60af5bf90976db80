import * as tf from "@tensorflow/tfjs-core";
import { test } from "vitest";
import { describeNative, expectSame, randn } from "../../testing/compare.ts";

const CASES: [number[], number[] | undefined][] = [
  [[7], undefined],
  [[3, 5], [0]],
  [[3, 5], [1]],
  [
    [3, 4, 5, 6],
    [1, 2],
  ],
  [
    [3, 4, 5, 6],
    [0, 3],
  ],
  [
    [3, 4, 5, 6],
    [0, 2],
  ],
  [
    [2, 1, 3, 1],
    [1, 3],
  ],
  [[100, 1000], [0]],
  [[100, 1000], [1]],
  [[100_000], [0]],
  [[], undefined],
];

describeNative("reductions", () => {
  for (const [name, reduce] of Object.entries({ sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min })) {
    test(`${name} agrees with cpu over all kinds of axes`, async () => {
      for (const [shape, axes] of CASES) {
        await expectSame(() => [reduce(randn(shape, 1), axes), reduce(randn(shape, 1), axes, true)], 1e-5);
      }
    });

    test(`the gradient of ${name} agrees with cpu`, async () => {
      for (const [shape, axes] of CASES) {
        const f = (x: tf.Tensor): tf.Scalar => tf.sum(tf.square(reduce(x, axes)));
        await expectSame(() => tf.grad(f)(randn(shape, 1)), 1e-5);
      }
    });
  }

  test("argMax and argMin agree with cpu on every axis, ties included", () =>
    expectSame(() =>
      [0, 1, 2].flatMap((axis) => {
        const x = tf.round(tf.mul(randn([5, 6, 7], 1), 2));
        return [tf.argMax(x, axis), tf.argMin(x, axis)];
      }),
    ));

  test("reductions of rows with NaN agree with cpu", () =>
    expectSame(() => {
      const x = tf.tensor2d([1, Number.NaN, 3, 4, 5, Number.NEGATIVE_INFINITY], [2, 3]);
      return [tf.max(x, 1), tf.min(x, 1), tf.sum(x, 0), tf.argMax(x, 1)];
    }));

  test("softmax, logSoftmax and logSumExp and their gradients agree with cpu", async () => {
    const functions = [tf.softmax, tf.logSoftmax, (x: tf.Tensor) => tf.logSumExp(x, -1)];
    for (const shape of [[5], [4, 10], [3, 2, 33], [700, 40]]) {
      await expectSame(() => {
        const x = tf.mul(randn(shape, 1), 5);
        return functions.flatMap((f) => [f(x), tf.grad((y: tf.Tensor) => tf.sum(tf.square(f(y))))(x)]);
      }, 2e-5);
    }
  });

  test("batchNorm and its gradients agree with cpu, with and without scale and offset", () =>
    expectSame(() => {
      const x = randn([3, 4, 5, 6], 1);
      const [mean, offset, scale] = [2, 3, 4].map((seed) => randn([6], seed) as tf.Tensor1D);
      const variance = tf.square(randn([6], 5)) as tf.Tensor1D;
      return [
        tf.batchNorm(x, mean!, variance, offset!, scale!, 1e-3),
        tf.batchNorm(x, mean!, variance),
        tf.batchNorm(x, mean!, variance, undefined, scale!),
        ...tf.grads((a: tf.Tensor, s: tf.Tensor) =>
          tf.sum(tf.square(tf.batchNorm(a, mean!, variance, offset!, s as tf.Tensor1D, 0.1))),
        )([x, scale!]),
      ];
    }, 2e-5));
});
