import { foldIn, key } from "@jem-js/random";
import { expectNumericGradient, leakFree } from "@jem-js-internal/testing";
import { grad, logSumExp, mul, sub, sum, type Tensor, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type EotModelOptions, eotModel, noisyModel, type StochasticModel } from "./mod.ts";

const cube = (x: Tensor): Tensor2D => mul(mul(x, x), x) as Tensor2D;
const model = noisyModel(cube, { noiseScale: 0.3, bounds: [-1, 2] });
const x = tensor2d([
  [0.5, -0.2],
  [1, 0.1],
]);

test("eotModel() averages the logits of its draws, and their gradients", async () => {
  const eot = eotModel(model, { key: key(4), draws: 3 });
  expect(eot.bounds).toEqual([-1, 2]);
  const keys = [0, 1, 2].map((draw) => foldIn(foldIn(key(4), 0), draw));
  const each = await Promise.all(keys.map((one) => model.logits(x, one).data()));
  const mean = Array.from(each[0]!, (_, i) => (each[0]![i]! + each[1]![i]! + each[2]![i]!) / 3);
  expect(await eot.logits(x).data()).toBeAllclose(mean);

  const gradients = await Promise.all(keys.map((one) => grad((z) => sum(model.logits(z, one)))(x).data()));
  const again = eotModel(model, { key: key(4), draws: 3 });
  const actual = await grad((z) => sum(again.logits(z)))(x).data();
  expect(actual).toBeAllclose(Array.from(actual, (_, i) => gradients.reduce((total, g) => total + g[i]! / 3, 0)));
});

test("eotModel() of probabilities has the loss of SmoothAdv", async () => {
  const eot = eotModel(model, { key: key(4), draws: 3, average: "probabilities", fresh: false });
  const keys = [0, 1, 2].map((draw) => foldIn(foldIn(key(4), 0), draw));
  const softmaxes = await Promise.all(keys.map((one) => model.logits(x, one).softmax().data()));
  const expected = Array.from(softmaxes[0]!, (_, i) => Math.log(softmaxes.reduce((t, p) => t + p[i]! / 3, 0)));
  expect(await eot.logits(x).data()).toBeAllclose(expected);
  // They are normalised: the cross-entropy is minus the logarithm of the averaged probability.
  expect(await logSumExp(eot.logits(x), 1).data()).toBeAllclose([0, 0]);
  await expectNumericGradient((z) => sum(sub(0, eot.logits(z))), x);
});

test("eotModel() of probabilities is finite where they underflow", async () => {
  const sure: StochasticModel = { logits: (z) => mul(z, 400) as Tensor2D };
  const eot = eotModel(sure, { key: key(0), draws: 2, average: "probabilities" });
  expect(await eot.logits(tensor2d([[1, 0]])).data()).toBeAllclose([0, -400]);
  expect(eot.bounds).toBeUndefined();
});

test("eotModel() draws anew at each call unless told otherwise", async () => {
  const calls = async (options: EotModelOptions): Promise<string[]> => {
    const eot = eotModel(model, options);
    const found: string[] = [];
    for (let call = 0; call < 3; call++) found.push(String(await eot.logits(x).data()));
    return found;
  };
  const fresh = await calls({ key: key(1), draws: 2 });
  expect(new Set(fresh).size).toBe(3);
  expect(await calls({ key: key(1), draws: 2 })).toEqual(fresh);
  const fixed = await calls({ key: key(1), draws: 2, fresh: false });
  expect(fixed).toEqual([fresh[0], fresh[0], fresh[0]]);
});

test("eotModel() leaves no tensor and rejects what it cannot average", async () => {
  await leakFree(() => {
    for (const average of ["logits", "probabilities"] as const) {
      const eot = eotModel(model, { key: key(0), draws: 2, average });
      tidy(() => {
        grad((z) => sum(eot.logits(z)))(x);
      });
      eot.logits(x).dispose();
    }
  });
  expect(() => eotModel(model, { key: key(0), draws: 0 })).toThrow(
    "Cannot make an EOT model: draws must be a positive",
  );
  // @ts-expect-error: no such average
  expect(() => eotModel(model, { key: key(0), average: "loss" })).toThrow(
    'average must be "logits" or "probabilities"',
  );
  // @ts-expect-error: no key
  expect(() => eotModel(model, { key: 3 })).toThrow(TypeError);
});
