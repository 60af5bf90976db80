import { key, uniform } from "@jem-js/random";
import { golden, goldenTensor, leakFree } from "@jem-js-internal/testing";
import { grad, leakyRelu, matMul, memory, sum, type Tensor, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type MlpOptions, mlp } from "./mod.ts";

const small: MlpOptions = { inputShape: [5], units: [7, 6], classes: 3 };

test("mlp() has the parameters, the shapes and the names that its options say", () => {
  const model = mlp(key(0), small);
  expect(model.countParams()).toBe(5 * 7 + 7 + 7 * 6 + 6 + 6 * 3 + 3);
  expect((model.predict(zeros([4, 5])) as Tensor).shape).toEqual([4, 3]);
  expect(model.name).toBe("mlp");
  expect(model.layers.at(-1)!.name).toBe("logits");
  const images = mlp(key(0), { ...small, inputShape: [4, 4, 2], name: "images" });
  expect(images.countParams()).toBe(32 * 7 + 7 + 7 * 6 + 6 + 6 * 3 + 3);
  expect((images.predict(zeros([4, 4, 4, 2])) as Tensor).shape).toEqual([4, 3]);
  expect(images.name).toBe("images");
  const linear = mlp(key(0), { ...small, units: [] });
  expect(linear.countParams()).toBe(5 * 3 + 3);
});

test("mlp() computes its layers in order, and ends in logits", async () => {
  // The weights of the golden network; its tanh is replaced by the activation of ours.
  const { model, inputs } = golden("ebm_mlp");
  const [first, , second, , last] = model.layers;
  const network = mlp(key(0), { inputShape: [6], units: [8, 5], classes: 3 });
  const weights = [first, second, last].flatMap(({ kernel, bias }) => [goldenTensor(kernel), goldenTensor(bias)]);
  network.setWeights(weights);
  const x = goldenTensor(inputs);
  const dense = (input: Tensor, i: number): Tensor => matMul(input, weights[2 * i]!).add(weights[2 * i + 1]!);
  const expected = dense(leakyRelu(dense(leakyRelu(dense(x, 0), 0.2), 1), 0.2), 2);
  expect(await (network.apply(x) as Tensor).data()).toBeAllclose(await expected.data());
});

test("mlp() draws weights with the range of PyTorch's default, equal for equal keys", async () => {
  const options = { ...small, inputShape: [10, 20], units: [300] };
  const draw = (seed: number): Promise<Float32Array[]> =>
    Promise.all(
      mlp(key(seed), options)
        .getWeights()
        .map(async (weight) => Float32Array.from(await weight.data())),
    );
  const weights = await draw(1);
  [200, 200, 300, 300].forEach((fanIn, i) => {
    const bound = fanIn ** -0.5;
    const largest = weights[i]!.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(largest).toBeLessThanOrEqual(Math.fround(bound));
    if (weights[i]!.length > 3) expect(largest).toBeGreaterThan(0.98 * bound);
  });
  const variance = weights[0]!.reduce((a, b) => a + b * b, 0) / weights[0]!.length;
  expect(Math.abs(variance * 3 * 200 - 1)).toBeLessThan(4 * Math.sqrt(0.8 / weights[0]!.length));
  expect(await draw(1)).toEqual(weights);
  expect((await draw(2))[0]![0]).not.toBe(weights[0]![0]);
});

test("mlp() has a gradient with respect to its inputs", async () => {
  const model = mlp(key(0), { ...small, activation: "swish" });
  const x = uniform(key(1), [4, 5]);
  const gradient = await grad((input) => sum(model.apply(input) as Tensor))(x).data();
  expect(gradient.every((value) => value !== 0)).toBe(true);
});

test("mlp() leaves its weights only, and dispose() frees them", () =>
  leakFree(() => {
    const before = memory().numTensors;
    const model = mlp(key(0), small);
    expect(memory().numTensors - before).toBe(6);
    const x = tensor2d([[1, 2, 3, 4, 5]]);
    const logits = model.apply(x) as Tensor;
    model.dispose();
    logits.dispose();
    x.dispose();
  }));

test("mlp() refuses options that make no network", () => {
  const wrong: [Partial<Record<keyof MlpOptions, unknown>>, string][] = [
    [{ inputShape: [] }, "inputShape must have at least 1 entry but found 0"],
    [{ inputShape: [null] }, "inputShape must be positive integers but found null at 0"],
    [{ units: [4, -1] }, "units must be positive integers but found -1 at 1"],
    [{ units: 4 }, "units must be an array of positive integers but found 4"],
    [{ classes: 0 }, "classes must be an integer of at least 2 but found 0"],
    [{ activation: "gelu" }, 'activation must be one of "leakyRelu", "swish", "relu" but found gelu'],
    [{ initializer: null }, 'initializer must be one of "pytorch", "heNormal", "glorotUniform" but found null'],
  ];
  for (const [options, message] of wrong) {
    expect(() => mlp(key(0), { ...small, ...options } as MlpOptions)).toThrow(`Cannot create mlp: ${message}`);
  }
});
