import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { describeNative, expectSame, randn, runOn } from "../../testing/compare.ts";

describeNative("movement and indexing", () => {
  const permutations: [number[], number[]][] = [
    [[5], [0]],
    [
      [3, 5],
      [1, 0],
    ],
    [
      [40, 50],
      [1, 0],
    ],
    [
      [3, 4, 5],
      [2, 0, 1],
    ],
    [
      [2, 9, 7, 5],
      [0, 3, 1, 2],
    ],
    [
      [2, 9, 7, 5],
      [3, 2, 1, 0],
    ],
    [
      [2, 3, 2, 3, 2, 3],
      [5, 0, 4, 1, 3, 2],
    ],
    [
      [64, 30, 30, 3],
      [0, 3, 1, 2],
    ],
  ];
  test("transpose agrees with cpu", async () => {
    for (const [shape, perm] of permutations) {
      await expectSame(() => [
        tf.transpose(randn(shape, 1), perm),
        tf.transpose(tf.cast(tf.mul(randn(shape, 1), 100), "int32"), perm),
        tf.transpose(tf.greater(randn(shape, 1), 0), perm),
      ]);
    }
  });

  test("slice agrees with cpu, and so does its gradient", () =>
    expectSame(() => {
      const x = randn([5, 6, 7], 1);
      return [
        tf.slice(x, [1, 2, 3], [2, 3, 4]),
        tf.slice(x, 2),
        tf.slice(x, [0, 0, 6], [-1, -1, 1]),
        tf.slice(x, [5, 0, 0], [0, 6, 7]),
        tf.slice(tf.tensor1d([1, 2, 3], "int32"), [1], [2]),
        ...tf.split(x, [1, 0, 2, -1], 1),
        ...tf.split(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], "int32"), 3, -1),
        tf.grad((y: tf.Tensor) => tf.sum(tf.square(tf.concat([y, tf.mul(y, 2)], 2))))(x),
        tf.grad((y: tf.Tensor) => tf.sum(tf.square(tf.slice(y, [1, 2, 3], [2, 3, 4]))))(x),
      ];
    }));

  test("pad agrees with cpu", () =>
    expectSame(() => [
      tf.pad(randn([3, 4], 1), [
        [1, 2],
        [0, 3],
      ]),
      tf.pad(
        randn([2, 5, 5, 3], 1),
        [
          [0, 0],
          [1, 1],
          [2, 0],
          [0, 0],
        ],
        7,
      ),
      tf.pad(tf.tensor1d([1, 2], "int32"), [[1, 1]], 9),
    ]));

  test("concat, stack, split and tile agree with cpu, and so do their gradients", () =>
    expectSame(() => {
      const a = randn([3, 4, 5], 1);
      const b = randn([3, 2, 5], 2);
      const f = (x: tf.Tensor, y: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.concat([x, y, x], 1)));
      return [
        tf.concat([a, b], 1),
        tf.concat([a, a], 0),
        tf.concat([a, tf.zeros([3, 0, 5]), b], 1),
        tf.stack([a, a], 2),
        ...tf.split(a, [1, 3], 1),
        tf.tile(a, [2, 1, 3]),
        tf.tile(tf.tensor1d([1, 2], "int32"), [3]),
        tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.tile(x, [2, 3, 1]))))(a),
        ...tf.grads(f)([a, b]),
      ];
    }));

  test("gather agrees with cpu on every axis and with batches", () =>
    expectSame(() => {
      const x = randn([5, 6, 7], 1);
      const indices = tf.tensor1d([3, 0, 3], "int32");
      return [
        tf.gather(x, indices, 0),
        tf.gather(x, indices, 1),
        tf.gather(x, indices, 2),
        tf.gather(x, tf.tensor2d([0, 1, 2, 3], [2, 2], "int32"), 1),
        tf.gather(randn([2, 4, 3], 1), tf.tensor2d([0, 3, 2, 2], [2, 2], "int32"), 1, 1),
      ];
    }));

  test("gather() names an index outside the axis", async () => {
    await tf.setBackend("native");
    expect(() => tf.tidy(() => tf.gather(randn([5, 2]), tf.tensor1d([5], "int32")))).toThrow("5 is not in");
    await tf.setBackend("cpu");
  });

  test("oneHot, fill and the kernels of cpu agree with cpu", () =>
    expectSame(() => [
      tf.oneHot(tf.tensor1d([0, 2, 5, -1], "int32"), 4),
      tf.oneHot(tf.tensor2d([0, 2, 1, 1], [2, 2], "int32"), 3, 5, -1),
      tf.fill([2, 3], 4),
      tf.fill([2, 3], 4, "int32"),
      tf.cumsum(randn([3, 4], 1), 1),
      tf.topk(randn([3, 9], 1), 2).values,
      tf.reverse(randn([3, 4], 1), 1),
      tf.real(tf.complex([1, 2], [3, 4])),
      tf.linspace(0, 1, 5),
    ]));

  test("what cpu kernels pass on is copied before its memory is used again", async () => {
    const [slice] = await runOn("native", () => {
      const x = randn([10, 1000], 1);
      const part = tf.reverse(tf.slice(x, [3, 0], [1, 1000]), 1);
      const back = tf.reverse(part, 1);
      x.dispose();
      part.dispose();
      for (let i = 0; i < 5; i++) tf.zeros([10, 1000]).add(i);
      return back;
    });
    const [expected] = await runOn("cpu", () => tf.slice(randn([10, 1000], 1), [3, 0], [1, 1000]));
    expect(slice!.values).toEqual(expected!.values);
  });
});
