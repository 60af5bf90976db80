import { golden, goldenTensor, numericGradient } from "@jem-js-internal/testing";
import { mul, sum, type Tensor2D, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { LOSSES, type Targets } from "./_losses.ts";
import { oneHotOf } from "./_one_hot.ts";

function targetsOf(labels: number[], classes: number): Targets {
  const hot = oneHotOf(tensor1d(labels, "int32"), classes);
  return { oneHot: hot, excluded: mul(hot, 1e30) };
}

test("the losses are those of PyTorch", async () => {
  const { logits, labels, losses } = golden("attacks");
  const targets = targetsOf(labels, logits.shape[1]);
  const z = goldenTensor<Tensor2D>(logits);
  expect(await LOSSES.crossEntropy.values(z, targets).data()).toBeAllclose(losses.ce);
  // The fixture has the logit of the label minus the largest other one.
  const margins = losses.cw_margin_true_minus_best_other.map((margin: number) => -margin);
  expect(await LOSSES.margin.values(z, targets).data()).toBeAllclose(margins);
});

describe.each(["crossEntropy", "margin"] as const)("%s", (name) => {
  const labels = [2, 0, 1];
  const z = [
    [1, -2, 0.5, 0],
    [3, 1, -1, 0.25],
    [0, 2, 4, -3],
  ];

  test("has the gradient of its values", async () => {
    const targets = targetsOf(labels, 4);
    const numeric = await numericGradient(
      (logits) => sum(LOSSES[name].values(logits as Tensor2D, targets)),
      tensor2d(z),
    );
    const gradient = await LOSSES[name].gradient(tensor2d(z), targets).data();
    expect(gradient).toBeAllclose(numeric, { rtol: 1e-3, atol: 1e-3 });
  });
});
