import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { convNet, jemStateDict, loadStateDict, type StateDictArray, wideResNet } from "./mod.ts";

// A convolution of one filter and a dense layer, as PyTorch keeps them.
const net = () => convNet(key(0), { inputShape: [2, 2, 1], filters: [1], strides: 1, classes: 2, kernelSize: 2 });
const NAMES = { names: { conv_1: "features.0", logits: "classifier" } };
const dict = (): Map<string, StateDictArray> =>
  new Map([
    ["features.0.weight", { shape: [1, 1, 2, 2], data: [1, 2, 3, 4] }],
    ["features.0.bias", { shape: [1], data: [0.5] }],
    ["features.0.num_batches_tracked", { shape: [], data: [7] }],
    ["classifier.weight", { shape: [2, 1], data: [10, 20] }],
    ["classifier.bias", { shape: [2], data: [1, 2] }],
  ]);

test("loadStateDict() puts every number where PyTorch has it", async () => {
  const model = net();
  await leakFree(() => loadStateDict(model, dict(), NAMES));
  const weights = await Promise.all(model.getWeights().map((weight) => weight.data()));
  expect(weights.map((values) => [...values])).toEqual([[1, 2, 3, 4], [0.5], [10, 20], [1, 2]]);
  const x = tensor([1, 0, 0, 0], [1, 2, 2, 1]);
  // The mean over the four places of the convolution: 1.5, then 0.5 three times.
  expect([...(await (model.apply(x) as Tensor).data())]).toBeAllclose([1 + 7.5, 2 + 15]);
});

test("loadStateDict() compares all before it changes anything", async () => {
  const wrong: [(arrays: Map<string, StateDictArray>) => unknown, string][] = [
    [(arrays) => arrays.delete("classifier.bias"), '"classifier.bias", for weight "logits/bias", is missing'],
    [
      (arrays) => arrays.set("classifier.bias", { shape: [3], data: [1, 2, 3] }),
      '"classifier.bias" must be [2] but found [3]',
    ],
    [
      (arrays) => arrays.set("classifier.weight", { shape: [1, 2], data: [1, 2] }),
      '"classifier.weight" must be [2,1] but found [1,2]',
    ],
    [
      (arrays) => arrays.set("features.0.weight", { shape: [2, 2], data: [1, 2, 3, 4] }),
      '"features.0.weight" must be [2,2,1,1] but found [2,2]',
    ],
    [
      (arrays) => arrays.set("classifier.bias", { shape: [2], data: [1] }),
      '"classifier.bias" must fill [2] but has 1 values',
    ],
    [(arrays) => arrays.set("extra.weight", { shape: [1], data: [1] }), '"extra.weight" has no place in the model'],
  ];
  const model = net();
  const weights = async (): Promise<number[][]> =>
    Promise.all(model.getWeights().map(async (weight) => [...(await weight.data())]));
  const before = await weights();
  for (const [change, message] of wrong) {
    const arrays = dict();
    change(arrays);
    expect(() => loadStateDict(model, arrays, NAMES)).toThrow(`Cannot load state dict: ${message}`);
  }
  expect(await weights()).toEqual(before);
  const arrays = dict().set("extra.weight", { shape: [1], data: [1] });
  loadStateDict(model, arrays, { ...NAMES, ignore: ["extra"] });
});

test("loadStateDict() with jemStateDict refuses a network of another normalization", () => {
  const model = wideResNet(key(0), { inputShape: [8, 8, 3], classes: 10, depth: 10, width: 1, normalization: "layer" });
  expect(() => loadStateDict(model, new Map(), jemStateDict)).toThrow('"f.conv1.weight"');
  model.dispose();
});
