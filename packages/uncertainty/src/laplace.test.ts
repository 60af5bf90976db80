import { key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { layers, type LayersModel as Model, sequential } from "@tensorflow/tfjs";
import { dispose, type Tensor, type Tensor2D, tensor1d, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { laplace } from "./laplace.ts";
import { predict } from "./predict.ts";
import { swag } from "./swag.ts";

const dense = (units: number, inputs: number, useBias = true): Model =>
  sequential({ layers: [layers.dense({ units, inputShape: [inputs], useBias, kernelInitializer: "zeros" })] });

/** The population covariance of the first two outputs of samples `[T, 1, 2]`. */
async function covariance(samples: Tensor): Promise<number[]> {
  const rows = (await samples.array()) as number[][][];
  const mean = [0, 1].map((i) => rows.reduce((sum, [row]) => sum + row![i]!, 0) / rows.length);
  const entry = (i: number, j: number): number =>
    rows.reduce((sum, [row]) => sum + (row![i]! - mean[i]!) * (row![j]! - mean[j]!), 0) / rows.length;
  return [entry(0, 0), entry(0, 1), entry(1, 1)];
}

describe("laplace()", () => {
  test("is the exact posterior of a linear regression", async () => {
    const x = tensor2d([[1], [2], [3]]);
    const network = await laplace(dense(1, 1), x, {
      likelihood: "regression",
      precision: 2,
      priorPrecision: 0.5,
      batchSize: 2,
    });
    // P = 2 [[14, 6], [6, 3]] + 0.5 I, for the weight and the bias.
    const determinant = 28.5 * 6.5 - 144;
    const at = (u: number): number => (u * u * 6.5 - 2 * u * 12 + 28.5) / determinant;
    const options = { key: key(0), samples: 4000, output: "values" } as const;
    const { mean, epistemicVariance } = await predict(network, tensor2d([[0], [2], [10]]), options);
    // Of 4,000 samples: standard deviations of the variances of 2.2 %, of the means of at most 0.03.
    expect(await epistemicVariance.data()).toBeAllclose([0, 2, 10].map(at), { rtol: 0.09, atol: 0 });
    for (const value of await mean.data()) expect(Math.abs(value)).toBeLessThan(0.15);
  });

  test("is the Gauss-Newton posterior of classes", async () => {
    // Without weights p = 1/2: Lambda = [[1, -1], [-1, 1]] / 4, so that P = 14/4 [[1, -1], [-1, 1]] + I.
    const network = await laplace(dense(2, 1, false), tensor2d([[1], [2], [3]]), { likelihood: "classification" });
    const { samples } = await predict(network, tensor2d([[1]]), { key: key(0), samples: 4000, output: "values" });
    const [a, b] = [4.5 / 8, 3.5 / 8];
    expect(await covariance(samples!)).toBeAllclose([a, b, a], { rtol: 0.09, atol: 0 });
  });

  test("keeps what comes before, and the order of weights of several features and classes", async () => {
    const model = sequential({
      layers: [layers.dense({ units: 3, inputShape: [2], activation: "tanh" }), layers.dense({ units: 4 })],
    });
    const x = normal(key(1), [20, 2]);
    const sharp = await laplace(model, x, { likelihood: "classification", priorPrecision: 1e8 });
    const { mean } = await predict(sharp, x, { key: key(0), samples: 3, output: "values" });
    expect(await mean.data()).toBeAllclose(await (model.predict(x) as Tensor).data(), { atol: 1e-3 });
  });

  test("refuses another last layer and too many weights, and leaves nothing behind", async () => {
    const relu = sequential({ layers: [layers.dense({ units: 2, inputShape: [1], activation: "relu" })] });
    const x = tensor2d([[1]]);
    await expect(laplace(relu, x, { likelihood: "regression" })).rejects.toThrow(
      "the last layer must be Dense and linear but found Dense relu",
    );
    await expect(laplace(dense(2000, 1), x, { likelihood: "regression" })).rejects.toThrow(
      "at most 3000 weights but found 4000",
    );
    await expect(laplace(dense(1, 1), x, { likelihood: "regression", precision: -1 })).rejects.toThrow(RangeError);
    const wild = tensor2d([[Number.NaN]]);
    await expect(laplace(dense(1, 1), wild, { likelihood: "regression" })).rejects.toThrow(
      "must be finite but found others",
    );
    const model = dense(3, 2);
    await leakFree(async () => {
      const train = normal(key(1), [9, 2]);
      const network = await laplace(model, train, { likelihood: "classification", batchSize: 4 });
      dispose(await predict(network, train, { key: key(0), samples: 2, output: "logits" }));
      train.dispose();
    });
  });
});

describe("swag()", () => {
  test("draws weights of the mean and the covariance that were collected", async () => {
    const model = dense(2, 1, false);
    const averaging = swag(model, { rank: 4 });
    const trace = [
      [1, 0],
      [3, 1],
      [2, 5],
      [6, 2],
    ];
    for (const weights of trace) {
      model.setWeights([tensor2d([weights])]);
      await averaging.collect();
    }
    const before = await model.getWeights()[0]!.data();
    const options = { key: key(0), samples: 4000, output: "values" } as const;
    const { mean, samples } = await predict(averaging.network(), tensor2d([[1]]), options);
    const center = [3, 2];
    // Half the diagonal, and half the covariance of the deviations from the running means.
    const running = trace.map((_, n) =>
      [0, 1].map((i) => trace.slice(0, n + 1).reduce((sum, w) => sum + w[i]!, 0) / (n + 1)),
    );
    const deviations = trace.map((w, n) => w.map((value, i) => value - running[n]![i]!));
    const low = (i: number, j: number): number => deviations.reduce((sum, d) => sum + d[i]! * d[j]!, 0) / 6;
    const variance = (i: number): number => trace.reduce((sum, w) => sum + (w[i]! - center[i]!) ** 2, 0) / 4;
    const expected = [variance(0) / 2 + low(0, 0), low(0, 1), variance(1) / 2 + low(1, 1)];
    expect(await mean.data()).toBeAllclose(center, { atol: 0.15 });
    expect(await covariance(samples!)).toBeAllclose(expected, { rtol: 0.09, atol: 0.15 });
    expect(await model.getWeights()[0]!.data()).toEqual(before);
  });

  test("takes the statistics of batch normalisation of the drawn weights", async () => {
    const model = sequential({
      layers: [layers.dense({ units: 2, inputShape: [1] }), layers.batchNormalization({ epsilon: 1e-6 })],
    });
    const averaging = swag(model);
    for (const scale of [1, 2, 4]) {
      const [kernel, bias, ...rest] = model.getWeights();
      model.setWeights([kernel!.mul(0).add(scale), bias!, ...rest]);
      await averaging.collect();
    }
    const train = tensor1d([-1, -0.5, 0.5, 1]).reshape([4, 1]) as Tensor2D;
    await expect(async () => averaging.network()).rejects.toThrow(
      "must have train, whose statistics belong to the weights",
    );
    const network = averaging.network({ train, batchSize: 4 });
    const { samples } = await predict(network, train, { key: key(0), samples: 5, output: "values" });
    // Whatever the scale that is drawn: standardised, up to its sign.
    const std = Math.sqrt((1 + 0.25) / 2);
    const values = await samples!.data();
    const expected = [-1, -1, -0.5, -0.5, 0.5, 0.5, 1, 1].map((value) => Math.abs(value / std));
    for (let t = 0; t < 5; t++) {
      expect(values.subarray(8 * t, 8 * t + 8).map(Math.abs)).toBeAllclose(expected, { rtol: 1e-3 });
    }
  });

  test("refuses to draw from too little, and leaves nothing behind", async () => {
    const model = dense(1, 1);
    const averaging = swag(model);
    await averaging.collect();
    expect(() => averaging.network()).toThrow("weights must be collected twice at least but found 1");
    expect(() => swag(model, { rank: 1 })).toThrow(RangeError);
    const x = zeros([3, 1]);
    await leakFree(async () => {
      await averaging.collect();
      dispose(await predict(averaging.network(), x, { key: key(0), samples: 3, output: "values" }));
    });
  });
});
