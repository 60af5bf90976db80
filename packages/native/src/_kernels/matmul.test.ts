import * as tf from "@tensorflow/tfjs-core";
import { test } from "vitest";
import { describeNative, expectSame, randn } from "../../testing/compare.ts";

describeNative("matrix products", () => {
  const CASES: [number[], number, number, number][] = [
    [[], 1, 1, 1],
    [[], 5, 7, 3],
    [[], 65, 130, 300],
    [[3], 5, 6, 7],
    [[2, 3], 4, 5, 6],
    [[40], 33, 17, 65],
    [[], 3, 0, 4],
  ];
  for (const [batch, m, n, k] of CASES) {
    test(`matMul and its gradients agree with cpu for [${batch.join(", ")}] ${m}x${n}x${k}, all transposes`, async () => {
      for (const [ta, tb] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        await expectSame(() => {
          const a = randn([...batch, ...(ta ? [k, m] : [m, k])], 1);
          const b = randn([...batch, ...(tb ? [n, k] : [k, n])], 2);
          const f = (x: tf.Tensor, y: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.matMul(x, y, ta, tb)));
          return [tf.matMul(a, b, ta, tb), ...tf.grads(f)([a, b])];
        }, 2e-5);
      }
    });
  }

  test("matMul agrees with cpu where one batch is repeated", () =>
    expectSame(() => [
      tf.matMul(randn([4, 5, 6], 1), randn([1, 6, 3], 2)),
      tf.matMul(randn([1, 5, 6], 1), randn([4, 6, 3], 2)),
      tf.matMul(randn([5, 6], 1), randn([4, 6, 3], 2)),
      tf.matMul(randn([2, 1, 5, 6], 1), randn([1, 3, 6, 2], 2)),
    ]));

  for (const activation of ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const) {
    test(`fused.matMul with ${activation} agrees with cpu`, () =>
      expectSame(() =>
        tf.fused.matMul({
          a: randn([4, 5], 1),
          b: randn([5, 6], 2),
          bias: randn([6], 3),
          activation,
          leakyreluAlpha: 0.3,
          ...(activation === "prelu" ? { preluActivationWeights: randn([6], 4) } : {}),
        }),
      ));
  }
});
