import { foldIn, key, normal } from "@jem-js/random";
import { golden, leakFree } from "@jem-js-internal/testing";
import {
  input,
  layers,
  type LayersModel as Model,
  model as makeModel,
  type SymbolicTensor,
  sequential,
} from "@tensorflow/tfjs";
import { dispose, gather, type Tensor, tensor, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import type { LayersModel } from "./layers_model.ts";
import { mcBatchNorm } from "./mc_batch_norm.ts";
import { predict } from "./predict.ts";
import { summarize } from "./summarize.ts";

const { F6_mcbn: f6 } = golden("ood_fixtures");

/** Draws the batches of the fixture, whatever the key: batch `t` at call `t`. */
function fixtureBatches(): (k: unknown, size: number) => Tensor {
  let call = 0;
  return () => gather(tensor2d(f6.x_train, [6, 1]), tensor1d(f6.batches[call++], "int32"));
}

function set(model: Model, values: number[][]): void {
  model.layers.reduce((at, layer) => {
    const old = layer.getWeights();
    layer.setWeights(old.map((weight, i) => tensor(values[at + i]!, weight.shape)));
    return at + old.length;
  }, 0);
}

function weightsOf(model: Model): number[][] {
  return model.getWeights().map((weight) => [...weight.dataSync()]);
}

/** Dense 1, batch normalisation, ReLU, then for `two` dense 1 and another. */
function fixtureNet(two: boolean): Model {
  const bn = { epsilon: f6.eps };
  const net = sequential();
  net.add(layers.dense({ units: 1, inputShape: [1] }));
  net.add(layers.batchNormalization(bn));
  net.add(layers.reLU());
  net.add(layers.dense({ units: 1 }));
  if (two) net.add(layers.batchNormalization(bn));
  const first = [[f6.w1], [0], [f6.gamma], [f6.beta], [0.3], [7]];
  set(net, [
    ...first,
    [f6.w2],
    [two ? 0 : f6.b2],
    ...(two ? [[f6.two_layer.gamma2], [f6.two_layer.beta2], [-2], [3]] : []),
  ]);
  return net;
}

/** A model with convolutions on which every kind of batch normalisation occurs. */
function convModel(): Model {
  const image = input({ shape: [6, 6, 2] });
  const apply = (layer: layers.Layer, x: SymbolicTensor | SymbolicTensor[]): SymbolicTensor =>
    layer.apply(x) as SymbolicTensor;
  let x = apply(layers.conv2d({ filters: 4, kernelSize: 3 }), image);
  x = apply(layers.batchNormalization({ scale: false }), x);
  const inner = sequential();
  inner.add(layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", inputShape: [4, 4, 4] }));
  inner.add(layers.batchNormalization({ center: false, axis: 1 }));
  x = apply(layers.add(), [x, apply(inner, x)]);
  x = apply(layers.flatten(), apply(layers.reLU(), x));
  x = apply(layers.dense({ units: 5 }), x);
  x = apply(layers.batchNormalization({ center: false, scale: false }), x);
  return makeModel({ inputs: image, outputs: apply(layers.dense({ units: 3 }), x) });
}

describe("mcBatchNorm()", () => {
  for (const two of [false, true]) {
    test(`reproduces a net with ${two ? "two" : "one"} such layer${two ? "s" : ""}, and leaves the model as it was`, async () => {
      const net = fixtureNet(two);
      const before = weightsOf(net);
      const network = mcBatchNorm(net, fixtureBatches(), { batchSize: 3 });
      const options = { key: key(0), samples: 3, precision: f6.tau, output: "values" } as const;
      const prediction = await predict(network, tensor2d([[f6.x_star]]), options);
      expect(await prediction.samples!.data()).toBeAllclose(two ? f6.two_layer.samples : f6.samples);
      if (!two) {
        expect(await prediction.mean.data()).toBeAllclose([f6.mean]);
        expect(await prediction.epistemicVariance.data()).toBeAllclose([f6.var_epistemic]);
        expect(await summarize(prediction).total.data()).toBeAllclose([f6.var_pred]);
      }
      expect(weightsOf(net)).toEqual(before);
    });
  }

  test("has no variance when the batch is the whole training set, to the bit", async () => {
    const train = normal(key(1), [12, 6, 6, 2]);
    const network = mcBatchNorm(convModel(), train, { batchSize: 12 });
    const prediction = await predict(network, train, { key: key(2), samples: 5, output: "logits" });
    expect(Math.max(...(await summarize(prediction).epistemic.data()))).toBe(0);
    expect(Math.max(...(await summarize(prediction).variance.data()))).toBe(0);
  });

  test("computes what the layers compute in training, on any axis and with scale or center off", async () => {
    const model = convModel();
    // Training mode fails in TensorFlow.js 4.22 when scale or center is off: the reference has both on, at 1 and 0.
    const train = normal(key(1), [7, 6, 6, 2]);
    const network = mcBatchNorm(model, train, { batchSize: 7 });
    const found = await predict(network, train, { key: key(0), samples: 1, output: "values" });
    const expected = tidy(() => reference(model, train));
    expect(await found.mean.data()).toBeAllclose(await expected.data(), { rtol: 1e-4, atol: 1e-5 });
  });

  test("draws by key and place alone: fewer samples are the first of more, and batches do not matter", async () => {
    const train = normal(key(1), [30, 6, 6, 2]);
    const network = mcBatchNorm(convModel(), train, { batchSize: 8 });
    const draw = async (samples: number, batchSize: number, seed: number): Promise<number[]> => {
      const options = { key: key(seed), samples, batchSize, output: "values" } as const;
      const prediction = await predict(network, train, options);
      const values = [...(await prediction.samples!.data())];
      dispose(prediction);
      return values;
    };
    const four = await draw(4, 30, 0);
    expect(await draw(2, 30, 0)).toEqual(four.slice(0, four.length / 2));
    expect(await draw(4, 7, 0)).toBeAllclose(four);
    expect(await draw(4, 30, 1)).not.toEqual(four);
    expect(await draw(4, 30, 0)).toEqual(four);
  });

  test("draws less variance from larger batches", async () => {
    const train = normal(key(1), [64, 6, 6, 2]);
    const model = convModel();
    const spread = async (batchSize: number): Promise<number> => {
      const network = mcBatchNorm(model, train, { batchSize });
      const { epistemicVariance } = await predict(network, train, { key: key(0), samples: 20, output: "values" });
      return epistemicVariance.mean().dataSync()[0]!;
    };
    const [small, middle, large] = [await spread(4), await spread(16), await spread(60)];
    expect(small).toBeGreaterThan(2 * middle);
    expect(middle).toBeGreaterThan(2 * large);
  });

  test("draws with the named layers only", async () => {
    const train = normal(key(1), [20, 1]);
    const net = fixtureNet(true);
    const name = net.layers[4]!.name;
    const network = mcBatchNorm(net, train, { batchSize: 5, layers: [name] });
    const { epistemicVariance } = await predict(network, train, { key: key(0), samples: 4, output: "values" });
    expect(epistemicVariance.min().dataSync()[0]!).toBeGreaterThan(0);
    expect(() => mcBatchNorm(net, train, { batchSize: 5, layers: ["other"] })).toThrow("but found other");
  });

  test("keeps the statistics of one key and frees them", async () => {
    const model = convModel();
    const train = normal(key(1), [20, 6, 6, 2]);
    await leakFree(async () => {
      const network = mcBatchNorm(model, train, { batchSize: 8 });
      for (const seed of [0, 1, 1]) {
        dispose(await predict(network, train, { key: key(seed), samples: 3, output: "values", batchSize: 9 }));
      }
      const aborted = { aborted: true, reason: new Error("stopped") };
      await expect(predict(network, train, { key: key(0), output: "values", signal: aborted })).rejects.toThrow(
        "stopped",
      );
      network.dispose();
    });
  });

  test("makes batches with a function", async () => {
    const train = (k: readonly [number, number], size: number): Tensor => normal(foldIn(k, 5), [size, 6, 6, 2]);
    const network = mcBatchNorm(convModel(), train, { batchSize: 8 });
    const x = normal(key(3), [2, 6, 6, 2]);
    const before = await predict(network, x, { key: key(0), samples: 2, output: "values" });
    expect((await before.epistemicVariance.data()).every((value) => value > 0)).toBe(true);
    const wrong = mcBatchNorm(convModel(), () => normal(key(0), [3, 6, 6, 2]), { batchSize: 8 });
    await expect(predict(wrong, x, { key: key(0), output: "values" })).rejects.toThrow("but made [3, 6, 6, 2]");
  });

  test("refuses what has nothing to draw, with the reason", async () => {
    const plain = sequential({ layers: [layers.dense({ units: 2, inputShape: [1] }), layers.reLU()] });
    const x = tensor2d([[1], [2], [3]]);
    expect(() => mcBatchNorm(plain, x, { batchSize: 2 })).toThrow(
      "Cannot create MC batch normalisation: model must have a BatchNormalization layer but found only Dense, ReLU; without one " +
        "there is nothing to draw, use mcDropout or deepEnsemble",
    );
    expect(() => mcBatchNorm(((y: Tensor) => y) as unknown as LayersModel, x, { batchSize: 2 })).toThrow(
      "but found a function",
    );
    const graph = { execute() {}, inputs: undefined } as unknown as LayersModel;
    expect(() => mcBatchNorm(graph, x, { batchSize: 2 })).toThrow("but found a graph model");
    expect(() => mcBatchNorm(fixtureNet(false), x, { batchSize: 1 })).toThrow("from 2 to 3 but found 1");
    expect(() => mcBatchNorm(fixtureNet(false), x, { batchSize: 4 })).toThrow(RangeError);
    const network = mcBatchNorm(fixtureNet(false), x, { batchSize: 2 });
    const options = { key: key(0), output: "values" } as const;
    await expect(predict(network, tensor2d([[1, 2]]), options)).rejects.toThrow(
      "x must be of shape [batch, 1] but found [1, 2]",
    );
    await expect(predict(network, x, { ...options, samples: 0 })).rejects.toThrow(RangeError);
  });
});

/** The outputs of `convModel` on a batch with that batch's statistics, written out. */
function reference(model: Model, x: Tensor): Tensor {
  const [conv, , inner, , , , dense1, , dense2] = model.layers.slice(1) as layers.Layer[];
  const normalize = (y: Tensor, axes: number[]): Tensor => {
    const mean = y.mean(axes, true);
    const variance = y.sub(mean).square().mean(axes, true);
    return y.sub(mean).div(variance.add(1e-3).sqrt());
  };
  const first = normalize(conv!.apply(x) as Tensor, [0, 1, 2]);
  const second = normalize((inner as unknown as Model).layers[0]!.apply(first) as Tensor, [0, 2, 3]);
  const hidden = first.add(second).relu().reshape([x.shape[0]!, -1]);
  return dense2!.apply(normalize(dense1!.apply(hidden) as Tensor, [0])) as Tensor;
}
