import { checkSecondDerivatives, type EnergyHead, energyHead, hessianVectorProduct } from "@jem-js/energy";
import { isAvailable } from "@jem-js/native";
import { foldIn, key, normal } from "@jem-js/random";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { leakFree, useBackend } from "@jem-js-internal/testing";
import { io, type LayersModel, layers, loadLayersModel, sequential } from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { dispose, grad, mul, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { convNet, doubleDifferentiable, mlp } from "./mod.ts";

registerWasmGradients();

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const largest = (values: number[]): number => Math.max(...values.map(Math.abs));
const x = (): Tensor => normal(key(0), [3, 4, 4, 1]);
const v = (): Tensor => normal(key(1), [3, 4, 4, 1]);

/** Weights large enough for curvature. */
function drawn(model: LayersModel): LayersModel {
  const draw = (weight: Tensor, i: number): Tensor => mul(normal(foldIn(key(2), i), weight.shape), 0.6);
  tidy(() => model.setWeights(model.getWeights().map(draw)));
  return model;
}

/** A network of somebody else's, with the activation in layers of all kinds. */
function stock(activation: "elu" | "relu" | "sigmoid" | "softplus" | "swish" | "tanh"): LayersModel {
  const inner = sequential({ layers: [layers.dense({ units: 6, activation, inputShape: [3] })] });
  return drawn(
    sequential({
      layers: [
        layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", activation, inputShape: [4, 4, 1] }),
        layers.conv2d({ filters: 3, kernelSize: 3, strides: 2 }),
        layers.activation({ activation }),
        layers.flatten(),
        inner,
        layers.dense({ units: 3 }),
      ],
    }),
  );
}

const CONVOLUTIONS = { inputShape: [4, 4, 1], filters: [4, 5], strides: [1, 2], classes: 3 };
const LAYERS = { inputShape: [4, 4, 1], units: [6, 5], classes: 3 };
const NETWORKS: Record<string, () => LayersModel> = {
  "convNet() with leakyRelu": () => drawn(convNet(key(3), { ...CONVOLUTIONS, activation: "leakyRelu" })),
  "convNet() with swish": () => drawn(convNet(key(3), { ...CONVOLUTIONS, activation: "swish" })),
  "convNet() with relu": () => drawn(convNet(key(3), { ...CONVOLUTIONS, activation: "relu" })),
  "mlp() with leakyRelu": () => drawn(mlp(key(3), { ...LAYERS, activation: "leakyRelu" })),
  "mlp() with swish": () => drawn(mlp(key(3), { ...LAYERS, activation: "swish" })),
  "a model with tanh": () => doubleDifferentiable(stock("tanh")),
  "a model with swish": () => doubleDifferentiable(stock("swish")),
  "a model with elu": () => doubleDifferentiable(stock("elu")),
  "a model with sigmoid": () => doubleDifferentiable(stock("sigmoid")),
  "a model with softplus": () => doubleDifferentiable(stock("softplus")),
  "a model with relu": () => doubleDifferentiable(stock("relu")),
  "a model with layers LeakyReLU and ELU": () => {
    const hidden = [layers.flatten({ inputShape: [4, 4, 1] }), layers.dense({ units: 5 }), layers.elu()];
    const rest = [layers.dense({ units: 5 }), layers.leakyReLU({ alpha: 0.3 }), layers.dense({ units: 3 })];
    return doubleDifferentiable(drawn(sequential({ layers: [...hidden, ...rest] })));
  },
};

describe.each(["cpu", "wasm", ...(isAvailable() ? ["native"] : [])])("on %s", (backend) => {
  useBackend(backend);

  test.each(Object.keys(NETWORKS))("hessianVectorProduct() of %s is right by nested gradients", async (name) => {
    const head: EnergyHead = energyHead(NETWORKS[name]!());
    const exact = await read(hessianVectorProduct(head, x(), v(), { method: "exact" }));
    // Steps short enough to cross no kink of these networks; rounding is below 1e-3 of the score.
    const expected = await read(hessianVectorProduct(head, x(), v(), { method: "finite-difference", step: 3e-4 }));
    const score = largest(await read(head.score(x())));
    expect(largest(exact)).toBeGreaterThan(0.02 * score);
    expect(exact).toBeAllclose(expected, { rtol: 3e-3, atol: 3e-3 * score });
    expect((await checkSecondDerivatives(head, x())).method).toBe("exact");
  });
});

test("TensorFlow.js gets the second derivatives of swish and tanh wrong: the test above can fail", async () => {
  for (const activation of ["swish", "tanh"] as const) {
    const head = energyHead(stock(activation));
    const wrong = await read(hessianVectorProduct(head, x(), v(), { method: "exact" }));
    const right = await read(hessianVectorProduct(energyHead(doubleDifferentiable(stock(activation))), x(), v()));
    expect(largest(wrong.map((value, i) => value - right[i]!))).toBeGreaterThan(0.05 * largest(right));
  }
});

test.each(["elu", "relu", "sigmoid", "softplus", "swish", "tanh"] as const)(
  "doubleDifferentiable() changes no value, gradient or saved form of a model with %s",
  async (activation) => {
    const model = stock(activation);
    const results = async (m: LayersModel): Promise<number[][]> => {
      const f = (input: Tensor): Tensor => sum(m.apply(input) as Tensor);
      return [await read(m.apply(x()) as Tensor), await read(grad(f)(x()))];
    };
    const [values, gradient] = await results(model);
    const before = JSON.stringify(model.toJSON(undefined, false));
    expect(doubleDifferentiable(doubleDifferentiable(model))).toBe(model);
    const [newValues, newGradient] = await results(model);
    expect(newValues).toBeAllclose(values!);
    expect(newGradient).toBeAllclose(gradient!);
    expect(JSON.stringify(model.toJSON(undefined, false))).toBe(before);

    let saved: io.ModelArtifacts = {};
    await model.save(
      io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
      }),
    );
    const loaded = doubleDifferentiable(await loadLayersModel(io.fromMemory(saved)));
    expect(await results(loaded)).toEqual([newValues, newGradient]);
  },
);

test("doubleDifferentiable() leaks nothing, not even from a Hessian", async () => {
  const model = stock("swish");
  await leakFree(() => {
    const head = energyHead(doubleDifferentiable(model));
    const [at, along] = [x(), v()];
    dispose([head.logits(at), hessianVectorProduct(head, at, along, { method: "exact" }), at, along]);
  });
});
