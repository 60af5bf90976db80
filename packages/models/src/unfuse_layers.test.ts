import { key, uniform } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { type LayersModel, layers, sequential } from "@tensorflow/tfjs";
import { engine, grad, sum, type Tensor } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { convNet, unfuseLayers } from "./mod.ts";

/** The kernels that `body` runs. */
async function kernelsOf(body: () => Tensor): Promise<string[]> {
  const { kernels } = await engine().profile(body);
  return kernels.map(({ name }) => name);
}

function anyNet(): LayersModel {
  return sequential({
    layers: [
      layers.conv2d({
        filters: 3,
        kernelSize: 3,
        strides: [2, 1],
        padding: "valid",
        activation: "relu",
        inputShape: [9, 8, 2],
      }),
      layers.conv2d({ filters: 4, kernelSize: 2, padding: "same", useBias: false }),
      sequential({
        layers: [layers.flatten({ inputShape: [4, 6, 4] }), layers.dense({ units: 5, activation: "tanh" })],
      }),
      layers.reshape({ targetShape: [5, 1] }),
      layers.dense({ units: 2, activation: "softplus" }),
      layers.flatten(),
      layers.dense({ units: 3, useBias: false }),
    ],
  });
}

test("unfuseLayers() changes no value and no gradient", async () => {
  const model = anyNet();
  const x = uniform(key(0), [2, 9, 8, 2], { min: -1 });
  const f = (input: Tensor): Tensor => sum(model.apply(input) as Tensor);
  const results = async (): Promise<Float32Array[]> => {
    const output = model.apply(x) as Tensor;
    return Promise.all([output, grad(f)(x)].map((t) => t.data() as Promise<Float32Array>));
  };
  const [output, gradient] = await results();
  expect(unfuseLayers(model)).toBe(model);
  const [plainOutput, plainGradient] = await results();
  expect(plainOutput).toBeAllclose(output!);
  expect(plainGradient).toBeAllclose(gradient!);
});

test("unfuseLayers() computes no kernel gradient for the score, and one where it is asked for", async () => {
  const fused = anyNet();
  const plain = unfuseLayers(anyNet());
  const x = uniform(key(0), [2, 9, 8, 2], { min: -1 });
  const score = (model: LayersModel) => () => grad((input) => sum(model.apply(input) as Tensor))(x);
  expect(await kernelsOf(score(fused))).toContain("Conv2DBackpropFilter");
  expect(await kernelsOf(score(plain))).not.toContain("Conv2DBackpropFilter");
});

test("convNet() is unfused", async () => {
  const model = convNet(key(0), { inputShape: [6, 6, 1], filters: [4, 8], strides: 2, classes: 3 });
  const x = uniform(key(1), [2, 6, 6, 1]);
  const score = (): Tensor => grad((input) => sum(model.apply(input) as Tensor))(x);
  const kernels = await kernelsOf(score);
  expect(kernels).toContain("Conv2DBackpropInput");
  expect(kernels).not.toContain("Conv2DBackpropFilter");
  expect(kernels).not.toContain("FusedConv2D");
  await leakFree(() => score().dispose());
});
