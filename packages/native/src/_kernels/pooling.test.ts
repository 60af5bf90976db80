import * as tf from "@tensorflow/tfjs-core";
import { test } from "vitest";
import { describeNative, expectSame, randn } from "../../testing/compare.ts";

type Pad = "same" | "valid" | number;

describeNative("pooling and depthwise convolution", () => {
  const POOLS: [number[], number | [number, number], number | [number, number], Pad][] = [
    [[2, 7, 5, 3], 2, 2, "same"],
    [[2, 8, 8, 17], 3, 2, "same"],
    [[1, 9, 9, 40], [2, 3], [1, 2], "valid"],
    [[3, 6, 6, 4], 3, 1, 1],
    [[2, 4, 4, 2], 1, 1, "same"],
    [[9, 8, 8, 16], 2, 2, "valid"],
  ];
  for (const [shape, size, stride, pad] of POOLS) {
    test(`maxPool and avgPool and their gradients agree with cpu for [${shape}], ${size}, ${stride}, ${pad}`, () =>
      expectSame(() =>
        [tf.maxPool, tf.avgPool].flatMap((pool) => {
          const f = (x: tf.Tensor): tf.Tensor => pool(x as tf.Tensor4D, size, stride, pad);
          const x = randn(shape, 1);
          return [f(x), tf.grad((y: tf.Tensor) => tf.sum(tf.square(f(y))))(x)];
        }),
      ));
  }

  const DEPTHWISE: [number[], number[], number | [number, number], Pad, number][] = [
    [[2, 7, 5, 3], [3, 3, 3, 1], 1, "same", 1],
    [[2, 8, 8, 16], [3, 3, 16, 1], 2, "same", 1],
    [[1, 9, 9, 5], [3, 2, 5, 2], [1, 2], "valid", 1],
    [[1, 9, 9, 70], [3, 3, 70, 1], 1, "same", 2],
    [[3, 6, 6, 4], [3, 3, 4, 3], 1, 1, 1],
  ];
  for (const [x, filter, stride, pad, dilation] of DEPTHWISE) {
    test(`depthwiseConv2d and its gradients agree with cpu for [${x}], [${filter}], ${stride}, ${pad}, ${dilation}`, () =>
      expectSame(() => {
        const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad, "NHWC", dilation);
        const inputs = [randn(x, 1), randn(filter, 2)] as const;
        const y = f(...inputs);
        if (dilation > 1) return y; // TensorFlow.js has no gradient for it
        return [y, ...tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(f(a, b))))([...inputs])];
      }, 2e-5));
  }

  test("fused.depthwiseConv2d and separableConv2d agree with cpu", () =>
    expectSame(() => {
      const x = randn([2, 7, 7, 8], 1) as tf.Tensor4D;
      const filter = randn([3, 3, 8, 1], 2) as tf.Tensor4D;
      return [
        tf.fused.depthwiseConv2d({ x, filter, strides: 1, pad: "same", bias: randn([8], 3), activation: "relu6" }),
        tf.separableConv2d(x, filter, randn([1, 1, 8, 5], 4) as tf.Tensor4D, 1, "same"),
      ];
    }, 2e-5));
});
