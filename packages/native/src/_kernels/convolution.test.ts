import {
  conv2d,
  fused,
  grads,
  mul,
  reshape,
  type Scalar,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import { test } from "vitest";
import { describeNative, expectSame, randn } from "../../testing/compare.ts";
import { setExact } from "../set_exact.ts";

/** Batch, height, width, channels in, channels out, kernel height and width, stride, pad. */
type Case = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number | [number, number],
  "same" | "valid" | number,
];

const CASES: Case[] = [
  [2, 7, 5, 3, 4, 3, 3, 1, "same"],
  [3, 9, 9, 16, 17, 3, 3, 1, "same"],
  [3, 12, 10, 20, 33, 3, 3, 1, "valid"],
  [2, 13, 11, 16, 16, 3, 3, 1, 1],
  [2, 9, 8, 5, 6, 3, 3, 2, "same"],
  [9, 8, 8, 16, 32, 3, 3, 2, 1],
  [5, 14, 14, 32, 40, 3, 3, 2, "same"],
  [5, 15, 13, 33, 32, 3, 3, 2, "same"],
  [6, 14, 14, 32, 32, 3, 3, 2, 1],
  [5, 14, 14, 64, 72, 3, 3, 2, "same"],
  [5, 15, 13, 65, 64, 3, 3, 2, "same"],
  [6, 14, 14, 64, 64, 3, 3, 2, 1],
  [3, 14, 14, 17, 16, 3, 3, 1, "same"],
  [2, 9, 9, 4, 3, 1, 1, 2, "valid"],
  [2, 5, 9, 3, 8, 2, 4, [1, 2], "same"],
  [1, 6, 6, 2, 2, 5, 5, 3, "valid"],
  [1, 1, 1, 1, 1, 1, 1, 1, "same"],
  [1, 28, 28, 1, 32, 3, 3, 1, "same"],
];

function gradientsOf([batch, height, width, inputs, outputs, kh, kw, stride, pad]: Case): Tensor[] {
  const x = randn([batch, height, width, inputs], 1) as Tensor4D;
  const filter = randn([kh, kw, inputs, outputs], 2) as Tensor4D;
  const y = conv2d(x, filter, stride, pad);
  const weights = randn(y.shape, 3);
  const f = (a: Tensor, b: Tensor): Scalar =>
    sum(mul(conv2d(a as Tensor4D, b as Tensor4D, stride, pad), weights)) as Scalar;
  return [y, ...grads(f)([x, filter])];
}

describeNative("convolution", () => {
  for (const one of CASES) {
    test(`conv2d and its gradients agree with cpu for [${one.join(", ")}]`, () =>
      expectSame(() => gradientsOf(one), 1e-4));
  }

  test("conv2d in exact mode agrees with cpu to the rounding of sums", async () => {
    setExact(true);
    for (const one of CASES) await expectSame(() => gradientsOf(one), 2e-5);
    setExact(false);
  });

  test("conv2d packs a filter anew for another shape of the same memory", () =>
    expectSame(() => {
      const filter = randn([3, 3, 2, 40], 1) as Tensor4D;
      const reshaped = reshape(filter, [3, 3, 8, 10]) as Tensor4D;
      return [
        conv2d(randn([2, 6, 6, 2], 2) as Tensor4D, filter, 1, "same"),
        conv2d(randn([2, 6, 6, 8], 3) as Tensor4D, reshaped, 1, "same"),
      ];
    }, 1e-4));

  test("conv2d transforms a filter anew for another stride", () =>
    expectSame(() => {
      const filter = randn([3, 3, 64, 64], 1) as Tensor4D;
      const x = randn([2, 16, 16, 64], 2) as Tensor4D;
      return [conv2d(x, filter, 1, "same"), conv2d(x, filter, 2, "same")];
    }, 1e-4));

  test("conv2d falls through to cpu for dilations, channels first and empty batches", async () => {
    await expectSame(() => {
      const x = randn([2, 8, 8, 3], 1) as Tensor4D;
      const filter = randn([3, 3, 3, 4], 2) as Tensor4D;
      return [
        conv2d(x, filter, 1, "same", "NHWC", 2),
        conv2d(randn([2, 3, 8, 8], 1) as Tensor4D, filter, 1, "same", "NCHW"),
        conv2d(randn([0, 8, 8, 3], 1) as Tensor4D, filter, 1, "same"),
      ];
    });
  });

  for (const activation of ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const) {
    test(`fused.conv2d with ${activation} agrees with cpu`, () =>
      expectSame(
        () =>
          fused.conv2d({
            x: randn([2, 7, 6, 16], 1) as Tensor4D,
            filter: randn([3, 3, 16, 18], 2) as Tensor4D,
            strides: 1,
            pad: "same",
            bias: randn([18], 3) as Tensor1D,
            activation,
            leakyreluAlpha: 0.2,
            ...(activation === "prelu" ? { preluActivationWeights: randn([18], 4) } : {}),
          }),
        1e-4,
      ));
  }
});
