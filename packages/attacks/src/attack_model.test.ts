import { leakFree } from "@jem-js-internal/testing";
import { concat, neg, softmax, square, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { attackModel, fgsm, pgd, runAttack } from "./mod.ts";

const both = (z: Tensor): Tensor2D => concat([z, neg(z)], 1) as Tensor2D;
const values = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

test("attackModel() scales what the classifier sees", async () => {
  const x = tensor2d([[0, 128]]);
  const scaled = attackModel(both, { bounds: [0, 255], preprocessing: { mean: [0, 64], std: [2, 32] } });
  expect(await values(scaled.logits(x))).toEqual([0, 2, -0, -2]);
  const squared = attackModel(both, { bounds: [0, 255], preprocessing: square });
  expect(await values(squared.logits(x))).toEqual([0, 16384, -0, -16384]);
  expect(await values(attackModel(both).logits(x))).toEqual([0, 128, -0, -128]);
  expect(attackModel(both).bounds).toEqual([0, 1]);
});

test("attacks take the bounds from the model unless they are given others", async () => {
  const model = attackModel(both, { bounds: [0, 255], preprocessing: { mean: 127.5, std: 127.5 } });
  const x = tensor2d([[10]]);
  // Class 1; its logit falls with x.
  expect(await values(fgsm(model, x, [1], { norm: "linf", epsilon: 300 }))).toEqual([255]);
  expect(await values(pgd(model, x, [1], { norm: "linf", epsilon: 300, bounds: [0, 200] }))).toEqual([200]);
  const ball = { norm: "linf", epsilon: 300 } as const;
  const result = await runAttack(model, x, [1], {
    norm: "linf",
    attack: ({ model, x, criterion }) => fgsm(model, x, criterion, ball),
  });
  expect([...result.distances]).toEqual([245]);
});

test("attackModel().validate() tells what does not fit", async () => {
  const x = tensor2d([[0.5, 0.25]]);
  const inputs = await Promise.allSettled([
    attackModel(both).validate(x),
    attackModel(both, { bounds: [0.3, 1] }).validate(x),
    attackModel((z) => softmax(both(z)), {}).validate(x),
    attackModel(both, { preprocessing: (z) => z.div(0) }).validate(x),
  ]);
  expect(inputs.map((one) => (one.status === "rejected" ? one.reason.message : "fits"))).toEqual([
    "fits",
    "Cannot validate the attack model: x must lie in the bounds [0.3, 1] but found values from 0.25 to 0.5",
    "Cannot validate the attack model: the model must return logits but found rows of probabilities",
    "Cannot validate the attack model: logits must be finite but found Infinity for example 0",
  ]);
});

test("attackModel() throws on options that make no model", () => {
  // @ts-expect-error: no classifier
  expect(() => attackModel(3)).toThrow(TypeError);
  expect(() => attackModel(both, { bounds: [1, 0] })).toThrow("bounds must be two finite numbers");
  expect(() => attackModel(both, { preprocessing: { std: 0 } })).toThrow(
    "Cannot make an attack model: std must be finite and greater than 0 but found 0",
  );
  expect(() => attackModel(both, { preprocessing: { mean: [1, Number.NaN] } })).toThrow(
    "mean must be finite but found NaN",
  );
  expect(() => attackModel(both, { preprocessing: { mean: [] } })).toThrow("mean must hold a number but found none");
});

test("attackModel() leaves no tensor", async () => {
  const x = tensor2d([[0.5, 0.25]]);
  await leakFree(async () => {
    const model = attackModel((z) => z as Tensor2D, { preprocessing: { mean: 0.5, std: [2, 1] } });
    model.logits(x).dispose();
    await model.validate(x);
    attackModel((z) => z as Tensor2D)
      .logits(x)
      .dispose();
    await attackModel(both, { bounds: [2, 3] })
      .validate(x)
      .catch(() => {});
  });
});
