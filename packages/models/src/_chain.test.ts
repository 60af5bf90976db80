import { key, uniform } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import "@jem-js/native";
import "@tensorflow/tfjs-backend-wasm";
import { isAvailable } from "@jem-js/native";
import { type LayersModel, layers, sequential } from "@tensorflow/tfjs";
import { engine, getBackend, leakyRelu, mul, setBackend, type Tensor } from "@tensorflow/tfjs-core";
import { afterEach, expect, test } from "vitest";
import { convNet, doubleDifferentiable, mlp, unfuseLayers } from "./mod.ts";

const network = (): LayersModel =>
  convNet(key(0), { inputShape: [9, 8, 2], filters: [4, 6], strides: [1, 2], classes: 3 });
const images = (): Tensor => uniform(key(1), [5, 9, 8, 2], { min: -1 });

/** A chain of every kind of layer that may be in one, with weights of some size. */
function everyLayer(): LayersModel {
  const initial = { kernelInitializer: "glorotNormal", biasInitializer: "randomNormal" } as const;
  return sequential({
    layers: [
      layers.conv2d({ filters: 6, kernelSize: 3, padding: "same", inputShape: [12, 11, 2], ...initial }),
      layers.leakyReLU({ alpha: 0.1 }),
      layers.conv2d({ filters: 5, kernelSize: 2, dilationRate: 2, activation: "relu", useBias: false, ...initial }),
      layers.averagePooling2d({ poolSize: 2, strides: 1 }),
      layers.conv2d({ filters: 5, kernelSize: [1, 2], strides: [1, 2], activation: "swish", ...initial }),
      layers.activation({ activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.elu(),
      layers.flatten(),
      layers.dense({ units: 7, ...initial }),
      layers.activation({ activation: "relu" }),
      layers.dense({ units: 6, activation: "tanh", useBias: false, ...initial }),
      layers.dense({ units: 3, ...initial }),
      layers.activation({ activation: "linear" }),
    ],
  });
}

/** The kernels that a forward pass runs. */
async function kernelsOf(model: LayersModel, x: Tensor): Promise<string[]> {
  const { kernels } = await engine().profile(() => model.apply(x) as Tensor);
  return kernels.map(({ name }) => name);
}

/** What the layers give one by one: `predict` does not call the model. */
const layerByLayer = (model: LayersModel, x: Tensor): Tensor => model.predict(x) as Tensor;

const backend = getBackend();
afterEach(() => setBackend(backend));

test.each(["cpu", "wasm", "native"])("a chain gives what its layers give one by one, on %s", async (name) => {
  if (name === "native" && !isAvailable()) return;
  await setBackend(name);
  for (const [model, x] of [
    [network(), images()],
    [mlp(key(2), { inputShape: [4], units: [8, 8], classes: 3 }), uniform(key(3), [5, 4], { min: -1 })],
    [doubleDifferentiable(everyLayer()), uniform(key(4), [3, 12, 11, 2], { min: -1 })],
  ] as const) {
    const expected = (await layerByLayer(model, x).data()) as Float32Array;
    const found = (await (model.apply(x) as Tensor).data()) as Float32Array;
    if (name === "wasm") expect(found).toBeAllclose(expected);
    else expect(found).toEqual(expected);
    model.dispose();
  }
});

test("a chain runs one kernel for each convolution and what follows it", async () => {
  const model = network();
  expect(await kernelsOf(model, images())).toEqual(["FusedConv2D", "FusedConv2D", "Mean", "BatchMatMul", "Add"]);
  model.dispose();
});

test("a chain leaves nothing, and holds no more than one layer's result besides the input", async () => {
  const model = network();
  const x = images();
  await leakFree(() => (model.apply(x) as Tensor).dispose());
  model.dispose();
  expect(() => model.apply(x)).toThrow("already disposed");
});

test("a chain follows new weights, and layers that were changed", async () => {
  const model = network();
  const x = images();
  model.apply(x);
  model.setWeights(model.getWeights().map((weight) => mul(weight, 2)));
  const expected = (await layerByLayer(model, x).data()) as Float32Array;
  expect(await (model.apply(x) as Tensor).data()).toEqual(expected);
  const layer = model.getLayer("activation_1");
  layer.call = (inputs) => leakyRelu([inputs].flat()[0]!, 0.7);
  const changed = (await layerByLayer(model, x).data()) as Float32Array;
  expect(await (model.apply(x) as Tensor).data()).toEqual(changed);
  expect(changed).not.toEqual(expected);
});

test("a chain takes and refuses inputs of other shapes as before", async () => {
  const model = network();
  expect((model.apply(uniform(key(0), [2, 9, 7, 2])) as Tensor).shape).toEqual([2, 3]);
  expect(await kernelsOf(model, uniform(key(0), [2, 9, 7, 2]))).not.toContain("FusedConv2D");
  expect(() => model.apply(uniform(key(0), [1, 9, 8, 3]))).toThrow();
  expect(() => model.apply(uniform(key(0), [9, 8, 2]))).toThrow();
});

test("layers that are no chain, or are about training, run as before", async () => {
  const convolution = layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [3, 3, 1] });
  const dropping = unfuseLayers(sequential({ layers: [convolution, layers.dropout({ rate: 0.5 })] }));
  expect(await kernelsOf(dropping, uniform(key(0), [1, 3, 3, 1]))).not.toContain("FusedConv2D");
  const model = network();
  const { kernels } = await engine().profile(() => model.apply(images(), { training: true }) as Tensor);
  expect(kernels.map(({ name }) => name)).not.toContain("FusedConv2D");
});
