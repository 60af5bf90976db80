import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { expectNumericGradient, gaussian, leakFree, smallNetwork, smallWeights } from "@jem-js-internal/testing";
import {
  concat,
  leakyRelu,
  maxPool,
  ones,
  reshape,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor2d,
  variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { gradientPenalty } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const x = tensor2d([0.3, -1.2, 1.1, 0.4, -0.7, 0.2], [3, 2]);

test.each(["exact", "finite-difference"] as const)(
  "gradientPenalty() has the gradient of its value by the method %s",
  async (method) => {
    for (const target of [0, 1]) {
      await expectNumericGradient((w) => gradientPenalty(headOf(w), { x }, { target, method }), smallWeights(), {
        rtol: 3e-3,
        atol: 3e-3,
      });
    }
  },
);

test("gradientPenalty() is half the mean squared distance of the norms from the target", async () => {
  const points = {
    x: tensor2d([
      [3, 4],
      [0, 1],
    ]),
  };
  expect(await value(gradientPenalty(gaussian(1), points))).toBeAllclose((25 + 1) / 4);
  expect(await value(gradientPenalty(gaussian(2), points, { target: 1 }))).toBeAllclose((9 ** 2 + 1) / 4);
});

test("gradientPenalty() works through operations that have no second derivative", async () => {
  // f = w max over a pool of leaky units: the gradient with respect to x is w at one pixel of each image.
  const w = variable(tensor2d([[2]]));
  const head = energyHead((input) => {
    const pooled = reshape(maxPool(leakyRelu(input) as Tensor4D, 2, 2, "valid"), [-1, 1]).mul(w);
    return concat([pooled, pooled], 1) as Tensor2D;
  });
  const images = {
    x: reshape(
      tensor2d([
        [1, 2, 3, 4],
        [5, 9, 7, 8],
      ]),
      [2, 2, 2, 1],
    ),
  };
  const { value: penalty, grads } = variableGrads(() => gradientPenalty(head, images), [w]);
  expect(await value(penalty)).toBeAllclose(2);
  expect(await value(grads[w.name]!)).toBeAllclose(2, { rtol: 1e-3 });
});

test("gradientPenalty() leaves one scalar, also within a gradient", async () => {
  const precision = variable(tensor2d([[1]]));
  await leakFree(() => gradientPenalty(gaussian(1), { x }).dispose());
  await leakFree(() => {
    const { value: penalty, grads } = variableGrads(() => gradientPenalty(gaussian(precision), { x }), [precision]);
    penalty.dispose();
    grads[precision.name]!.dispose();
  });
});

test("gradientPenalty() refuses an empty batch and a negative target", () => {
  expect(() => gradientPenalty(gaussian(1), { x: ones([0, 2]) })).toThrow("x is empty");
  expect(() => gradientPenalty(gaussian(1), { x }, { target: -1 })).toThrow("target must be at least 0 but found -1");
});
