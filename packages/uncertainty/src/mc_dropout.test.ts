import { key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { layers, type LayersModel as Model, sequential } from "@tensorflow/tfjs";
import { dispose, mul, ones, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { deepEnsemble } from "./deep_ensemble.ts";
import { mcDropout } from "./mc_dropout.ts";
import { predict } from "./predict.ts";
import { summarize } from "./summarize.ts";

/** A model that gives back its input, but for dropout: `[4]` or `[3, 2]`. */
function passing(layer: layers.Layer, shape: number[] = [4]): Model {
  return sequential({ layers: [layers.activation({ activation: "linear", inputShape: shape }), layer] });
}

function classifier(rate: number): Model {
  return sequential({
    layers: [
      layers.dense({ units: 16, inputShape: [3], kernelInitializer: "ones" }),
      layers.batchNormalization(),
      layers.dropout({ rate, seed: 7 }),
      layers.dense({ units: 4, kernelInitializer: "ones" }),
    ],
  });
}

describe("mcDropout()", () => {
  test("drops with the rate of the layer and keeps the mean, each input and draw on its own", async () => {
    const network = mcDropout(passing(layers.dropout({ rate: 0.3, seed: 1 })));
    const outputs = network.sample(ones([500, 4]), { key: key(0), samples: 20 });
    const values = await outputs.data();
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(Math.abs(dropped - 0.3)).toBeLessThan(0.01); // 4 standard deviations of 40,000 masks
    expect(Math.abs(outputs.mean().dataSync()[0]! - 1)).toBeLessThan(0.015);
    const rows = new Set(Array.from({ length: 20 }, (_, t) => values.slice(t * 2000, (t + 1) * 2000).join()));
    expect(rows.size).toBe(20);
  });

  test("has no mutual information at rate 0, to the bit", async () => {
    const x = normal(key(1), [5, 3]);
    const prediction = await predict(mcDropout(classifier(0)), x, { key: key(0), samples: 7, output: "logits" });
    expect([...(await summarize(prediction).epistemic.data())]).toEqual([0, 0, 0, 0, 0]);
  });

  test("leaves batch normalisation and weights as they are", async () => {
    const model = classifier(0.5);
    const before = model.getWeights().map((weight) => [...weight.dataSync()]);
    await predict(mcDropout(model), normal(key(1), [9, 3]), { key: key(0), samples: 4, output: "logits" });
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
  });

  test("gives an input the same masks however inputs are batched", async () => {
    const network = mcDropout(classifier(0.5));
    const x = normal(key(1), [9, 3]);
    const read = async (batchSize: number): Promise<Float32Array> =>
      (
        await predict(network, x, { key: key(3), samples: 3, output: "values", batchSize })
      ).samples!.data() as Promise<Float32Array>;
    expect(await read(2)).toEqual(await read(9));
  });

  test("shares masks between inputs when told to", async () => {
    const network = mcDropout(passing(layers.dropout({ rate: 0.5 })), { sharedMask: true });
    const values = (await network.sample(ones([6, 4]), { key: key(0), samples: 8 }).array()) as number[][][];
    for (const draw of values) for (const row of draw) expect(row).toEqual(draw[0]);
    expect(new Set(values.map((draw) => draw[0]!.join())).size).toBeGreaterThan(1);
  });

  test("drops whole channels of spatial dropout and follows noiseShape", async () => {
    const spatial = mcDropout(passing(layers.spatialDropout1d({ rate: 0.5 }), [3, 2]));
    const fixed = mcDropout(
      passing(layers.dropout({ rate: 0.5, noiseShape: [null as unknown as number, 1, 2] }), [3, 2]),
    );
    for (const network of [spatial, fixed]) {
      const values = (await network.sample(ones([40, 3, 2]), { key: key(0), samples: 1 }).array()) as number[][][][];
      for (const map of values[0]!) expect([map[1], map[2]]).toEqual([map[0], map[0]]);
    }
  });

  test("draws Gaussian noise with the standard deviation of the layer", async () => {
    for (const layer of [layers.gaussianNoise({ stddev: 0.5 }), layers.gaussianDropout({ rate: 0.2 })]) {
      const outputs = mcDropout(passing(layer)).sample(ones([500, 4]), { key: key(0), samples: 5 });
      expect(Math.abs(outputs.mean().dataSync()[0]! - 1)).toBeLessThan(0.02);
      const variance = outputs.sub(1).square().mean().dataSync()[0]!;
      expect(Math.abs(variance - 0.25)).toBeLessThan(0.015);
    }
  });

  test("computes what comes before the first dropout once", async () => {
    const model = classifier(0.5);
    const first = model.layers[0]!;
    const call = first.call.bind(first);
    let calls = 0;
    first.call = (inputs, kwargs) => {
      calls++;
      return call(inputs, kwargs);
    };
    await predict(mcDropout(model), normal(key(1), [4, 3]), { key: key(0), samples: 10, output: "logits" });
    expect(calls).toBe(1);
  });

  test("refuses a model without dropout, with the reason, and leaves nothing behind", async () => {
    const plain = sequential({ layers: [layers.dense({ units: 2, inputShape: [1] })] });
    expect(() => mcDropout(plain)).toThrow(
      "must have a Dropout layer but found only Dense; without one there is nothing to draw",
    );
    const masking = sequential({ layers: [layers.masking({ inputShape: [3, 2] }), layers.dropout({ rate: 0.5 })] });
    expect(() => mcDropout(masking)).toThrow("layers must not mask but found");
    const wrapped = sequential({
      layers: [layers.timeDistributed({ layer: layers.dropout({ rate: 0.5 }), inputShape: [3, 2] })],
    });
    expect(() => mcDropout(wrapped)).toThrow("must not wrap a Dropout layer but found one in it");
    const network = mcDropout(classifier(0.5));
    const x = normal(key(1), [4, 3]);
    await leakFree(async () => {
      dispose(await predict(network, x, { key: key(0), samples: 3, output: "logits", batchSize: 3 }));
    });
  });
});

describe("deepEnsemble()", () => {
  const members = [(x: Tensor) => mul(x, 1), (x: Tensor) => mul(x, 3)];
  test("has a member for each sample, whatever the key", async () => {
    const network = deepEnsemble(members);
    const x = tensor2d([[1, 2]]);
    const { samples, mean, epistemicVariance } = await predict(network, x, { key: key(5), output: "values" });
    expect([...(await samples!.data())]).toEqual([1, 2, 3, 6]);
    expect([...(await mean.data())]).toEqual([2, 4]);
    expect([...(await epistemicVariance.data())]).toEqual([1, 4]);
    await expect(predict(network, x, { key: key(0), samples: 3, output: "values" })).rejects.toThrow(
      "samples must be an integer from 1 to 2 but found 3",
    );
  });

  test("takes models, refuses anything else, and leaves nothing behind", async () => {
    const model = classifier(0.5);
    const x = normal(key(1), [4, 3]);
    await leakFree(async () => {
      dispose(await predict(deepEnsemble([model, model]), x, { key: key(0), output: "logits" }));
    });
    expect(() => deepEnsemble([])).toThrow(RangeError);
    expect(() => deepEnsemble([3 as never])).toThrow("members[0] must be a model or a function but found 3");
  });
});
