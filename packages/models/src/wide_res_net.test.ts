import { type EnergyHead, energyHead, hessianVectorProduct } from "@jem-js/energy";
import { isAvailable } from "@jem-js/native";
import { foldIn, key, normal, uniform } from "@jem-js/random";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { golden, goldenArrays, leakFree, useBackend } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import { dispose, getBackend, memory, mul, setBackend, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { reload } from "../testing/reload.ts";
import {
  initializeActNormalization,
  jemStateDict,
  loadStateDict,
  type Normalization,
  type StateDictArray,
  type WideResNetOptions,
  wideResNet,
} from "./mod.ts";

registerWasmGradients();

const small: WideResNetOptions = { inputShape: [8, 6, 3], classes: 3, depth: 10, width: 1 };
const KINDS: readonly Normalization[] = ["none", "batch", "instance", "layer", "act"];
const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const largest = (values: number[]): number => Math.max(...values.map(Math.abs));

const fixture = golden("jem_wrn");
const arrays = goldenArrays("jem_wrn");

/** The state dict of one normalisation: its own arrays and those that all have. */
function stateDict(kind: string): Map<string, StateDictArray> {
  const own = [...arrays].filter(([name]) => name.startsWith(`${kind}/`));
  const shared = [...arrays].filter(([name]) => !name.includes("/") && name !== "pixels");
  return new Map([...shared, ...own.map(([name, array]) => [name.slice(kind.length + 1), array] as const)]);
}

/** The images of the fixture, in [-1, 1]. */
function images(): Tensor {
  const { shape, data } = arrays.get("pixels")!;
  return tensor(
    data.map((pixel) => (pixel / 255) * 2 - 1),
    shape,
    "float32",
  );
}

/** The network of the fixture, with JEM's weights. */
function imported(kind: string): LayersModel {
  const normalization = (kind === "sum" ? "none" : kind) as Normalization;
  const pooling = kind === "sum" ? "sum" : "average";
  const shape = { inputShape: [32, 32, 3], classes: 10, depth: 10, width: 1 };
  const model = wideResNet(key(0), { ...shape, normalization, pooling });
  loadStateDict(model, stateDict(kind), jemStateDict);
  return model;
}

describe.each(["cpu", "wasm", ...(isAvailable() ? ["native"] : [])])("on %s", (backend) => {
  useBackend(backend);

  test.each(Object.keys(fixture.cases))("wideResNet() has the logits and scores of PyTorch: %s", async (kind) => {
    const expected = fixture.cases[kind];
    const model = imported(kind);
    const head = energyHead(model, { features: "pooling" });
    const x = images();
    const logits = await read(head.logits(x));
    expect(logits).toBeAllclose(expected.logits.data, { rtol: 1e-5, atol: 1e-5 * largest(expected.logits.data) });
    const features = await read(head.features!(x));
    expect(features).toBeAllclose(expected.features.data, { rtol: 1e-5, atol: 1e-5 * largest(expected.features.data) });
    const score = head.score(x);
    const norms = (await read(head.approximateMass(x))).map((mass) => -mass);
    expect(norms).toBeAllclose(expected.score_norm, { rtol: 1e-4 });
    const along = await read(sum(mul(score, x), [1, 2, 3]));
    expect(along).toBeAllclose(expected.score_along_x, { rtol: 1e-4, atol: 1e-4 * largest(expected.score_norm) });
    model.dispose();
  });

  test.each(KINDS)("wideResNet() has right second derivatives with normalization %s", async (normalization) => {
    const model = drawn(wideResNet(key(3), { ...small, normalization, activation: "swish" }));
    const head: EnergyHead = energyHead(model);
    const x = uniform(key(0), [2, 8, 6, 3], { min: -1 });
    const v = normal(key(1), [2, 8, 6, 3]);
    const exact = await read(hessianVectorProduct(head, x, v, { method: "exact" }));
    const expected = await read(hessianVectorProduct(head, x, v, { method: "finite-difference", step: 3e-3 }));
    const score = largest(await read(head.score(x)));
    expect(largest(exact)).toBeGreaterThan(0.02 * score);
    expect(exact).toBeAllclose(expected, { rtol: 1e-2, atol: 1e-2 * largest(expected) });
    model.dispose();
  });
});

/** Weights large enough for curvature. */
function drawn(model: LayersModel): LayersModel {
  tidy(() =>
    model.setWeights(
      model.weights.map((weight, i) => {
        const scale = weight.originalName.endsWith("/kernel") ? 1 : 0.3;
        const shape = weight.shape as number[];
        const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1);
        const values = mul(normal(foldIn(key(2), i), shape), scale / Math.sqrt(shape.length > 1 ? fanIn : 1));
        return /gamma|scale|variance/.test(weight.originalName) ? values.abs().add(0.7) : values;
      }),
    ),
  );
  return model;
}

test("wideResNet() has the parameters of PyTorch's", () => {
  for (const [name, count] of Object.entries<number>(fixture.parameters)) {
    const [depth, width, normalization, classes] = name.split("-");
    const model = wideResNet(key(0), {
      inputShape: [32, 32, 3],
      depth: Number(depth),
      width: Number(width),
      normalization: normalization as Normalization,
      classes: Number(classes),
    });
    const trained = model.trainableWeights.reduce((total, { shape }) => total + shape.reduce((a, b) => a! * b!, 1)!, 0);
    expect([name, trained]).toEqual([name, count]);
    model.dispose();
  }
});

test("wideResNet() is drawn like PyTorch's defaults, equal for equal keys on every backend", async () => {
  const weights = (model: LayersModel): Promise<number[][]> => Promise.all(model.getWeights().map(read));
  const model = wideResNet(key(7), small);
  const onCpu = await weights(model);
  model.weights.forEach((weight, i) => {
    const shape = weight.shape as number[];
    const kernel = (weight.originalName.endsWith("/kernel") ? shape : model.weights[i - 1]!.shape) as number[];
    const bound = kernel.slice(0, -1).reduce((a, b) => a * b, 1) ** -0.5;
    const [values, size] = [onCpu[i]!, onCpu[i]!.length];
    expect(largest(values)).toBeLessThanOrEqual(Math.fround(bound));
    const variance = values.reduce((a, b) => a + b * b, 0) / size;
    // Four standard errors of the mean of squares of a uniform variable.
    expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(4 * Math.sqrt(0.8 / size));
  });
  const before = getBackend();
  await setBackend("wasm");
  expect(await weights(wideResNet(key(7), small))).toEqual(onCpu);
  await setBackend(before);
  expect((await weights(wideResNet(key(8), small)))[0]![0]).not.toBe(onCpu[0]![0]);
});

test.each(KINDS)("wideResNet() with normalization %s survives saving and loading", async (normalization) => {
  const model = drawn(wideResNet(key(4), { ...small, normalization, pooling: "sum", name: "mine" }));
  const loaded = await reload(model);
  const x = uniform(key(5), [2, 8, 6, 3]);
  const [expected, found] = await Promise.all([model, loaded].map((m) => read(m.apply(x) as Tensor)));
  expect(found).toEqual(expected);
});

test("wideResNet() treats each image by itself, but for batch normalization in training mode", async () => {
  for (const normalization of KINDS) {
    const model = drawn(wideResNet(key(4), { ...small, normalization }));
    const x = uniform(key(5), [3, 8, 6, 3]);
    const whole = await read(model.apply(x) as Tensor);
    const alone = await read(model.apply(x.slice([1], [1])) as Tensor);
    expect(alone).toBeAllclose(whole.slice(3, 6), { rtol: 1e-5, atol: 1e-5 });
    const training = await read(model.apply(x, { training: true }) as Tensor);
    if (normalization === "batch") expect(training).not.toBeAllclose(whole, { rtol: 1e-3 });
    else expect(training).toEqual(whole);
    model.dispose();
  }
});

test("initializeActNormalization() does what the first pass of JEM's layers does", async () => {
  const model = wideResNet(key(0), { inputShape: [32, 32, 3], classes: 10, depth: 10, width: 1, normalization: "act" });
  const x = images();
  // All weights of the fixture are those without normalisation; its layers then saw these images first.
  loadStateDict(model, new Map([...stateDict("act")].filter(([, array]) => array.shape.length > 0)), jemStateDict);
  await leakFree(() => initializeActNormalization(model, x));
  const logits = await read(model.apply(x) as Tensor);
  const expected = fixture.cases.act.initialized;
  expect(logits).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-4 * largest(expected) });
  const plain = wideResNet(key(0), small);
  expect(() => initializeActNormalization(plain, x)).toThrow("the model has no such layer");
});

test("wideResNet() leaves its weights only, and dispose() frees them", async () => {
  for (const normalization of KINDS) {
    wideResNet(key(0), { ...small, normalization }).dispose();
    await leakFree(() => {
      const before = memory().numTensors;
      const model = wideResNet(key(0), { ...small, normalization });
      expect(memory().numTensors - before).toBe(model.weights.length);
      const x = uniform(key(1), [2, 8, 6, 3]);
      dispose([model.apply(x) as Tensor, energyHead(model).score(x), x]);
      model.dispose();
    });
  }
});

test("wideResNet() refuses options that make no network, before any work", async () => {
  const wrong: [Partial<Record<keyof WideResNetOptions, unknown>>, string][] = [
    [{ inputShape: [8, 8] }, "inputShape must be [height, width, channels] but found [8, 8]"],
    [{ classes: 1 }, "classes must be an integer of at least 2 but found 1"],
    [{ depth: 4 }, "depth must be an integer of at least 10 but found 4"],
    [{ depth: 27 }, "depth must be 6 n + 4 but found 27"],
    [{ width: 0 }, "width must be an integer of at least 1 but found 0"],
    [{ normalization: "group" }, "normalization must be one of "],
    [{ activation: "gelu" }, 'activation must be one of "leakyRelu", "swish", "relu" but found gelu'],
    [{ pooling: "max" }, 'pooling must be one of "average", "sum" but found max'],
    [{ initializer: "zeros" }, "initializer must be one of "],
  ];
  await leakFree(() => {
    for (const [options, message] of wrong) {
      const all = { ...small, ...options } as WideResNetOptions;
      expect(() => wideResNet(key(0), all)).toThrow(`Cannot create wideResNet: ${message}`);
    }
    expect(() => wideResNet(0 as never, small)).toThrow(TypeError);
  });
});
