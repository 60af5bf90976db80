import { golden, goldenTensor, numericGradient } from "@jem-js-internal/testing";
import { mul, neg, sum, type Tensor2D, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { LOSSES, type Targets } from "./_losses.ts";
import { oneHotOf } from "./_one_hot.ts";

function targetsOf(labels: number[], classes: number, targeted = false): Targets {
  const hot = oneHotOf(tensor1d(labels, "int32"), classes);
  return { oneHot: hot, excluded: mul(hot, 1e30), targeted };
}

test("the losses are those of PyTorch", async () => {
  const { logits, labels, losses } = golden("attacks");
  const targets = targetsOf(labels, logits.shape[1]);
  const z = goldenTensor<Tensor2D>(logits);
  expect(await LOSSES.crossEntropy.values(z, targets).data()).toBeAllclose(losses.ce);
  // The fixture has the logit of the label minus the largest other one.
  const margins = losses.cw_margin_true_minus_best_other.map((margin: number) => -margin);
  expect(await LOSSES.margin.values(z, targets).data()).toBeAllclose(margins);
  expect(await LOSSES.dlr.values(z, targets).data()).toBeAllclose(losses.dlr);
  // AutoAttack's loss to raise, for labels that have the largest logit.
  const reached = LOSSES.dlr.values(z, targetsOf(golden("attacks").targets, logits.shape[1], true));
  expect(await neg(reached).data()).toBeAllclose(losses.dlr_targeted);
});

test("the difference of logits ratio is the margin where there are too few classes", async () => {
  const z = tensor2d([[1, 3, 0.5]]);
  expect(await LOSSES.dlr.values(z, targetsOf([0], 3, true)).data()).toEqual(new Float32Array([2]));
  expect(await LOSSES.dlr.values(tensor2d([[1, 3]]), targetsOf([0], 2)).data()).toEqual(new Float32Array([2]));
});

describe.each([
  ["crossEntropy", false],
  ["margin", false],
  ["dlr", false],
  ["dlr", true],
] as const)("%s, targeted: %s", (name, targeted) => {
  const labels = [2, 0, 1];
  const z = [
    [1, -2, 0.5, 0],
    [3, 1, -1, 0.25],
    [0, 2, 4, -3],
  ];

  test("has the gradient of its values", async () => {
    const targets = targetsOf(labels, 4, targeted);
    const numeric = await numericGradient(
      (logits) => sum(LOSSES[name].values(logits as Tensor2D, targets)),
      tensor2d(z),
    );
    const gradient = await LOSSES[name].gradient(tensor2d(z), targets).data();
    expect(gradient).toBeAllclose(numeric, { rtol: 1e-3, atol: 1e-3 });
  });
});
