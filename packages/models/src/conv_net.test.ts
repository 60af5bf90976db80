import { key, uniform } from "@jem-js/random";
import { golden, goldenTensor, leakFree } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import {
  getBackend,
  grads,
  mean,
  memory,
  setBackend,
  sum,
  type Tensor,
  tensor,
  variableGrads,
  zeros,
} from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { reload } from "../testing/reload.ts";
import { type ConvNetOptions, convNet, convNetPresets, type Initializer } from "./mod.ts";

const small: ConvNetOptions = { inputShape: [9, 8, 2], filters: [4, 6], strides: [1, 2], classes: 3 };

/** The weights on the host, kernel and bias of each layer in turn. */
const weightsOf = (model: LayersModel): Promise<Float32Array[]> =>
  Promise.all(model.getWeights().map(async (weight) => Float32Array.from(await weight.data())));

const momentsOf = (values: Float32Array): { mean: number; variance: number; largest: number } => {
  const average = values.reduce((a, b) => a + b, 0) / values.length;
  return {
    mean: average,
    variance: values.reduce((a, b) => a + (b - average) ** 2, 0) / values.length,
    largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
  };
};

test("convNet() reproduces the logits of PyTorch when it has the same weights", async () => {
  const fixture = golden("ebm_cnn");
  const [first, , second, , , last] = fixture.model.layers;
  const model = convNet(key(0), { inputShape: [8, 8, 1], filters: [4, 6], strides: [1, 2], classes: 4 });
  model.setWeights([first, second, last].flatMap(({ kernel, bias }) => [goldenTensor(kernel), goldenTensor(bias)]));
  const logits = model.apply(goldenTensor(fixture.inputs)) as Tensor;
  expect(await logits.data()).toBeAllclose(fixture.expected.logits.data);
  model.dispose();
});

describe("convNet() has the parameters that its options say", () => {
  test.each([
    ["average", 9 * 2 * 4 + 4 + 9 * 4 * 6 + 6 + 6 * 3 + 3],
    ["flatten", 9 * 2 * 4 + 4 + 9 * 4 * 6 + 6 + 5 * 4 * 6 * 3 + 3],
  ] as const)("with pooling %s", (pooling, count) => {
    const model = convNet(key(0), { ...small, pooling });
    expect(model.countParams()).toBe(count);
    expect((model.predict(zeros([5, 9, 8, 2])) as Tensor).shape).toEqual([5, 3]);
    model.dispose();
  });

  test("with the presets, a kernel of 5 and one stride for all", () => {
    const image = { inputShape: [28, 28, 1], classes: 10 };
    const preset = (name: "small" | "base"): number =>
      convNet(key(0), { ...convNetPresets[name], ...image }).countParams();
    expect(preset("small")).toBe(160 + 4640 + 18_496 + 650);
    expect(preset("base")).toBe(320 + 18_496 + 36_928 + 73_856 + 1290);
    const model = convNet(key(0), { ...small, strides: 3, kernelSize: 5 });
    expect(model.countParams()).toBe(25 * 2 * 4 + 4 + 25 * 4 * 6 + 6 + 6 * 3 + 3);
    expect(model.getLayer("activation_2").outputShape).toEqual([null, 1, 1, 6]);
  });
});

test.each([
  ["pytorch", (fanIn: number) => 1 / (3 * fanIn), (fanIn: number) => fanIn ** -0.5],
  ["heNormal", (fanIn: number) => 2 / fanIn, (fanIn: number) => 6.35 * Math.sqrt(2 / fanIn)],
  [
    "glorotUniform",
    (fanIn: number, fanOut: number) => 2 / (fanIn + fanOut),
    (fanIn: number, fanOut: number) => Math.sqrt(6 / (fanIn + fanOut)),
  ],
] as [Initializer, (fanIn: number, fanOut: number) => number, (fanIn: number, fanOut: number) => number][])(
  "convNet() draws kernels with the range and variance of %s",
  async (initializer, variance, bound) => {
    const filters = [100, 100];
    const model = convNet(key(3), { inputShape: [8, 8, 20], filters, strides: 2, classes: 50, initializer });
    const weights = await weightsOf(model);
    const fans = [
      [9 * 20, 9 * 100],
      [9 * 100, 9 * 100],
      [100, 50],
    ] as const;
    fans.forEach(([fanIn, fanOut], i) => {
      const kernel = weights[2 * i]!;
      const expected = variance(fanIn, fanOut);
      const found = momentsOf(kernel);
      // Four standard errors; the variance of squares is 0.8 (uniform) or 2 (normal) times the variance squared.
      expect(Math.abs(found.mean)).toBeLessThan(4 * Math.sqrt(expected / kernel.length));
      expect(Math.abs(found.variance / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / kernel.length));
      expect(found.largest).toBeLessThanOrEqual(Math.fround(bound(fanIn, fanOut)));
      if (initializer !== "heNormal") expect(found.largest).toBeGreaterThan(0.99 * bound(fanIn, fanOut));
    });
    model.dispose();
  },
);

test("convNet() draws the biases of PyTorch on the range of the kernels, and no others", async () => {
  const options = { ...small, filters: [400, 400] };
  const [, first, , second] = await weightsOf(convNet(key(1), options));
  for (const [bias, fanIn] of [
    [first!, 9 * 2],
    [second!, 9 * 400],
  ] as const) {
    const { largest, variance } = momentsOf(bias);
    expect(largest).toBeLessThanOrEqual(Math.fround(fanIn ** -0.5));
    expect(largest).toBeGreaterThan(0.98 * fanIn ** -0.5);
    expect(Math.abs(variance * 3 * fanIn - 1)).toBeLessThan(4 * Math.sqrt(0.8 / 400));
  }
  for (const initializer of ["heNormal", "glorotUniform"] as const) {
    const weights = await weightsOf(convNet(key(1), { ...small, initializer }));
    expect([1, 3, 5].map((i) => momentsOf(weights[i]!).largest)).toEqual([0, 0, 0]);
  }
});

test("convNet() draws layers that are uncorrelated with one another", async () => {
  const filters = [50, 50, 50, 50];
  const weights = await weightsOf(convNet(key(2), { ...small, inputShape: [4, 4, 50], filters, strides: 1 }));
  const kernels = [0, 2, 4, 6].map((i) => weights[i]!);
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((total, value, i) => total + value * b[i]!, 0);
  for (let i = 0; i < kernels.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [kernels[i]!, kernels[j]!];
      expect(Math.abs(dot(a, b)) / Math.sqrt(dot(a, a) * dot(b, b))).toBeLessThan(4 / Math.sqrt(a.length));
    }
  }
});

test("convNet() gives equal weights for equal keys on every backend, others for other keys", async () => {
  const onCpu = await weightsOf(convNet(key(7), small));
  const before = getBackend();
  await setBackend("wasm");
  const onWasm = await weightsOf(convNet(key(7), small));
  await setBackend(before);
  expect(onWasm).toEqual(onCpu);
  expect(await weightsOf(convNet(key(7), { ...small, activation: "relu" }))).toEqual(onCpu);
  const others = await weightsOf(convNet(key(8), small));
  expect(others.every((values, i) => values.every((value, j) => value !== onCpu[i]![j]))).toBe(true);
});

test.each(["leakyRelu", "swish", "relu"] as const)(
  "convNet() with %s has gradients with respect to inputs and weights",
  async (activation) => {
    const model = convNet(key(4), { ...small, activation });
    const x = uniform(key(5), [2, 9, 8, 2], { min: -1 });
    const [withRespectToX] = grads((input: Tensor) => sum(model.apply(input) as Tensor))([x]);
    expect(withRespectToX!.shape).toEqual(x.shape);
    expect(momentsOf((await withRespectToX!.data()) as Float32Array).largest).toBeGreaterThan(0);
    const { grads: byName } = variableGrads(() => mean(model.predict(x) as Tensor));
    const found = Object.values(byName);
    expect(found).toHaveLength(6);
    for (const gradient of found) {
      expect(momentsOf((await gradient.data()) as Float32Array).largest).toBeGreaterThan(0);
    }
    model.dispose();
  },
);

test("convNet() applies the activation that it was asked for", async () => {
  // One 1x1 filter of weight 1: the logits are activation(x) and its negative.
  for (const [activation, expected] of [
    ["leakyRelu", [-0.4, 3]],
    ["relu", [0, 3]],
    ["swish", [-2 / (1 + Math.exp(2)), 3 / (1 + Math.exp(-3))]],
  ] as const) {
    const model = convNet(key(0), {
      inputShape: [1, 1, 1],
      filters: [1],
      strides: 1,
      kernelSize: 1,
      classes: 2,
      activation,
    });
    model.setWeights([tensor([1], [1, 1, 1, 1]), zeros([1]), tensor([1, -1], [1, 2]), zeros([2])]);
    const logits = await (model.apply(tensor([-2, 3], [2, 1, 1, 1])) as Tensor).data();
    expect([logits[0]!, logits[2]!]).toBeAllclose(expected);
    expect([logits[1]!, logits[3]!]).toBeAllclose(expected.map((value) => -value));
  }
});

test.each(["leakyRelu", "swish", "relu"] as const)(
  "convNet() with %s survives saving and loading",
  async (activation) => {
    const model = convNet(key(4), { ...small, activation, pooling: "flatten", name: "mine" });
    const loaded = await reload(model);
    expect(loaded.name).toBe("mine");
    const x = uniform(key(5), [2, 9, 8, 2]);
    const [expected, found] = await Promise.all([model, loaded].map((m) => (m.apply(x) as Tensor).data()));
    expect(found).toEqual(expected);
  },
);

test("convNet() leaves its weights only, and dispose() frees them", async () => {
  convNet(key(0), small).dispose();
  await leakFree(() => {
    const before = memory().numTensors;
    const model = convNet(key(0), small);
    expect(memory().numTensors - before).toBe(6);
    model.dispose();
  });
});

test("convNet() refuses options that make no network, before any work", async () => {
  const wrong: [Partial<Record<keyof ConvNetOptions, unknown>>, string][] = [
    [{ inputShape: [8, 8] }, "inputShape must be [height, width, channels] but found [8, 8]"],
    [{ inputShape: 8 }, "inputShape must be an array of positive integers but found 8"],
    [{ inputShape: [8, 0, 1] }, "inputShape must be positive integers but found 0 at 1"],
    [{ filters: [] }, "filters must have at least 1 entry but found 0"],
    [{ filters: [4, 1.5] }, "filters must be positive integers but found 1.5 at 1"],
    [{ strides: [1] }, "strides must have one entry for each of the 2 filters but found 1"],
    [{ strides: 0 }, "strides must be positive integers but found 0 at 0"],
    [{ strides: [1, Number.NaN] }, "strides must be positive integers but found NaN at 1"],
    [{ strides: undefined }, "strides must be an array of positive integers but found undefined"],
    [{ classes: 1 }, "classes must be an integer of at least 2 but found 1"],
    [{ classes: undefined }, "classes must be an integer of at least 2 but found undefined"],
    [{ kernelSize: -3 }, "kernelSize must be an integer of at least 1 but found -3"],
    [{ activation: "tanh" }, 'activation must be one of "leakyRelu", "swish", "relu" but found tanh'],
    [{ pooling: "max" }, 'pooling must be one of "average", "flatten" but found max'],
    [{ initializer: "zeros" }, 'initializer must be one of "pytorch", "heNormal", "glorotUniform" but found zeros'],
  ];
  await leakFree(() => {
    for (const [options, message] of wrong) {
      expect(() => convNet(key(0), { ...small, ...options } as ConvNetOptions)).toThrow(
        `Cannot create convNet: ${message}`,
      );
    }
    expect(() => convNet(7 as never, small)).toThrow("key must come from key(), split() or foldIn() but found 7");
  });
});
