import { type EnergyHead, energyHead, hessianVectorProduct } from "@jem-js/energy";
import { isAvailable } from "@jem-js/native";
import { foldIn, key, normal, uniform } from "@jem-js/random";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { golden, goldenTensor, leakFree, useBackend } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import { add, dispose, memory, mul, type Tensor, tidy, type Variable, variableGrads } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { reload } from "../testing/reload.ts";
import { advanceSpectralNorms, type IgebmNetOptions, igebmNet } from "./mod.ts";

registerWasmGradients();

const small: IgebmNetOptions = { inputShape: [9, 8, 3], classes: 3, filters: [4, 6], blocks: 2 };
const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const largest = (values: number[]): number => Math.max(...values.map(Math.abs));

/** Weights of all kinds that matter, with converged norms. */
function drawn(model: LayersModel, scale: number = 1): LayersModel {
  tidy(() =>
    model.setWeights(
      model.weights.map((weight, i) => {
        const value = mul(normal(foldIn(key(2), i), weight.shape as number[]), scale);
        return weight.originalName.endsWith("/scale") ? add(value.abs(), 0.5) : value;
      }),
    ),
  );
  advanceSpectralNorms(model, { iterations: 200 });
  return model;
}

const fixture = golden("igebm");

describe.each(["cpu", "wasm", ...(isAvailable() ? ["native"] : [])])("on %s", (backend) => {
  useBackend(backend);

  test("igebmNet() has the logits, scores and weight gradients of PyTorch with spectral norms", async () => {
    const model = igebmNet(key(0), small);
    tidy(() => model.setWeights(model.weights.map(({ originalName }) => goldenTensor(fixture.weights[originalName]))));
    advanceSpectralNorms(model, { iterations: 500 });
    const head = energyHead(model);
    const x = goldenTensor(fixture.inputs);
    const logits = await read(head.logits(x));
    expect(logits).toBeAllclose(fixture.logits.data, { rtol: 1e-4, atol: 1e-4 * largest(fixture.logits.data) });
    const score = await read(head.score(x));
    expect(score).toBeAllclose(fixture.score.data, { rtol: 1e-3, atol: 1e-4 * largest(fixture.score.data) });
    const { grads } = variableGrads(() => head.logDensity(x).sum().asScalar());
    for (const weight of model.trainableWeights) {
      const expected: number[] = fixture.gradients[weight.originalName].data;
      const found = await read(grads[(weight.read() as Variable).name]!);
      expect(found, weight.originalName).toBeAllclose(expected, { rtol: 1e-3, atol: 3e-4 * largest(expected) });
    }
    model.dispose();
  });

  test("igebmNet() has right second derivatives", async () => {
    const head: EnergyHead = energyHead(drawn(igebmNet(key(3), { ...small, activation: "swish" })));
    const x = uniform(key(0), [2, 9, 8, 3], { min: -1 });
    const v = normal(key(1), [2, 9, 8, 3]);
    const exact = await read(hessianVectorProduct(head, x, v, { method: "exact" }));
    const expected = await read(hessianVectorProduct(head, x, v, { method: "finite-difference", step: 3e-3 }));
    const score = largest(await read(head.score(x)));
    expect(largest(exact)).toBeGreaterThan(0.02 * score);
    expect(exact).toBeAllclose(expected, { rtol: 1e-2, atol: 1e-2 * largest(expected) });
  });
});

test("igebmNet() has the layers of IGEBM's larger network by default", () => {
  const model = igebmNet(key(0), { inputShape: [32, 32, 3], classes: 1 });
  const convolutions = 27 * 128 + 9 * (6 * 128 ** 2 + 128 * 256 + 5 * 256 ** 2 + 256 * 512 + 5 * 512 ** 2);
  const shortcuts = 9 * (128 * 256 + 256 * 512);
  const inputBiases = 6 * 128 + (128 + 5 * 256) + (256 + 5 * 512);
  const scales = 3 * (128 + 256 + 512);
  const trained = model.trainableWeights.reduce((total, { shape }) => total + shape.reduce((a, b) => a! * b!, 1)!, 0);
  expect(trained).toBe(convolutions + shortcuts + inputBiases + scales + 512 + 1);
  expect(model.getLayer("pooling").outputShape).toEqual([null, 512]);
  expect(model.getLayer("stage3.2.add").outputShape).toEqual([null, 4, 4, 512]);
  model.dispose();
});

test("igebmNet() starts with blocks that are their shortcuts, and kernels of norm 1", async () => {
  const model = igebmNet(key(0), { inputShape: [8, 8, 3], classes: 2, filters: [4], blocks: 1 });
  const x = uniform(key(1), [3, 8, 8, 3], { min: -1 });
  const [before, after] = ["activation1", "stage1.0.add"].map(
    (name) => (model.getLayer(name).output as { name: string }).name,
  );
  const [first, sum] = (model.execute(x, [before!, after!]) as Tensor[]).map((t) => t as Tensor);
  expect(await read(sum!)).toBeAllclose(await read(first!), { atol: 1e-6 });
  // A 3x3 kernel of spectral norm 1 makes no image larger than 3 times its length.
  const bound = 3 * Math.sqrt((await read(x)).reduce((a, b) => a + b * b, 0));
  expect(Math.sqrt((await read(first!)).reduce((a, b) => a + b * b, 0))).toBeLessThan(bound);
});

test("igebmNet() moves its norms in training mode and by advanceSpectralNorms(), not otherwise", async () => {
  const model = igebmNet(key(0), small);
  const x = uniform(key(1), [3, 9, 8, 3]);
  const states = (): Promise<number[][]> => Promise.all(model.nonTrainableWeights.map((weight) => read(weight.read())));
  const scales = (): Promise<number[]> => read(model.apply(x) as Tensor);
  tidy(() => model.setWeights(model.getWeights().map((w, i) => add(w, mul(normal(foldIn(key(5), i), w.shape), 0.1)))));
  const [before, logits] = [await states(), await scales()];
  expect(await states()).toEqual(before);
  expect(await scales()).toEqual(logits);
  await leakFree(() => dispose(model.apply(x, { training: true }) as Tensor));
  const once = await states();
  expect(once).not.toEqual(before);
  await leakFree(() => advanceSpectralNorms(model));
  expect(await states()).not.toEqual(once);
});

test("igebmNet() survives saving and loading, with the state of its norms", async () => {
  const model = drawn(igebmNet(key(4), { ...small, name: "mine" }));
  const loaded = await reload(model);
  const x = uniform(key(5), [2, 9, 8, 3]);
  const [expected, found] = await Promise.all([model, loaded].map((m) => read(m.apply(x) as Tensor)));
  expect(found).toEqual(expected);
});

test("igebmNet() leaves its weights only, and dispose() frees them; keys decide", async () => {
  igebmNet(key(0), small).dispose();
  await leakFree(() => {
    const before = memory().numTensors;
    const model = igebmNet(key(0), small);
    expect(memory().numTensors - before).toBe(model.weights.length);
    const x = uniform(key(1), [2, 9, 8, 3]);
    dispose([model.apply(x) as Tensor, energyHead(model).score(x), x]);
    model.dispose();
  });
  const weights = (seed: number): Promise<number[][]> => Promise.all(igebmNet(key(seed), small).getWeights().map(read));
  expect(await weights(1)).toEqual(await weights(1));
  expect((await weights(1))[0]).not.toEqual((await weights(2))[0]);
});

test("igebmNet() refuses options that make no network, before any work", async () => {
  const wrong: [Partial<Record<keyof IgebmNetOptions, unknown>>, string][] = [
    [{ inputShape: [8] }, "inputShape must be [height, width, channels] but found [8]"],
    [{ inputShape: [3, 8, 1] }, "height and width must be at least 4 to be halved 2 times but found 3"],
    [{ classes: 0 }, "classes must be an integer of at least 1 but found 0"],
    [{ filters: [] }, "filters must have at least 1 entry but found 0"],
    [{ blocks: 0 }, "blocks must be an integer of at least 1 but found 0"],
    [{ activation: "tanh" }, "activation must be one of"],
  ];
  await leakFree(() => {
    for (const [options, message] of wrong) {
      const all = { ...small, ...options } as IgebmNetOptions;
      expect(() => igebmNet(key(0), all)).toThrow(`Cannot create igebmNet: ${message}`);
    }
  });
  const plain = igebmNet(key(0), small);
  expect(() => advanceSpectralNorms(plain, { iterations: 0 })).toThrow(RangeError);
});
