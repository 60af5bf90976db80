import { foldIn, key, normal, normalValues } from "@jem-js/random";
import { golden, leakFree } from "@jem-js-internal/testing";
import { train as trainers } from "@tensorflow/tfjs";
import {
  dispose,
  exp,
  matMul,
  mean,
  oneHot,
  relu,
  type Scalar,
  square,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tensor2d,
  tidy,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { flowSteps, planar, realNvp } from "./_flow.ts";
import { rowNormal } from "./_row_noise.ts";
import { mnfConv2d } from "./mnf_conv2d.ts";
import { mnfDense } from "./mnf_dense.ts";
import type { MnfLayer } from "./mnf_layer.ts";
import { type MnfNetwork, mnfNetwork } from "./mnf_network.ts";
import { predict } from "./predict.ts";
import { summarize } from "./summarize.ts";
import { variationalLoss } from "./variational_loss.ts";

const { F19_mnf: f19 } = golden("ood_fixtures");

/** Gives the variables of a layer values: numbers are for all elements. */
function assign(layer: MnfLayer, values: readonly (number | number[] | number[][])[]): void {
  for (const [i, value] of values.entries()) {
    const target = layer.variables[i]!;
    const flat = typeof value === "number" ? new Array(target.size).fill(value) : (value.flat() as number[]);
    target.assign(tensor(flat, target.shape));
  }
}

/** Makes all flow steps of a layer keep what they are given: shifts and slopes of 0, gates of 1. */
function stopFlows(layer: MnfLayer): void {
  // After 4 variables of the weights and 5 of the multipliers, 6 for each step; the last is the bias of the gate.
  layer.variables.slice(9).forEach((weight, i) => {
    weight.assign(tensor(new Array(weight.size).fill(i % 6 === 5 ? 1e3 : 0), weight.shape));
  });
}

type Row = [number, number, number];

const klOfStandardNormals = (mean: number, variance: number): number =>
  (variance + mean ** 2 - 1 - Math.log(variance)) / 2;

describe("flow steps", () => {
  const { flow } = f19;
  test("realNvp() reproduces the figures of an independent implementation", async () => {
    const weights = {
      w0: tensor2d(flow.w0),
      b0: tensor1d(flow.b0),
      wShift: tensor2d(flow.w_mu),
      bShift: tensor1d(flow.b_mu),
      wGate: tensor2d(flow.w_s),
      bGate: tensor1d(flow.b_s),
    };
    const { z, logDeterminant } = realNvp(tensor2d([f19.z]), tensor2d([flow.mask]), weights);
    expect(await z.data()).toBeAllclose(flow.z_out);
    expect(await logDeterminant.data()).toBeAllclose([flow.logdet]);
  });

  test("the logarithms of determinants are those of numeric Jacobians", async () => {
    const size = 3;
    const [step] = flowSteps(key(1), { size, steps: 1, hidden: 4, kind: "realNvp" });
    const u = tensor1d([0.7, -1.3, 0.4]);
    const w = tensor1d([1.1, 0.8, -0.5]);
    const maps: ((z: Tensor) => { z: Tensor; logDeterminant: Tensor })[] = [
      (z) => step!.apply(z, { key: key(5), offset: 0 }),
      (z) => planar(z, { u, w, b: tensor1d([0.2]) }),
    ];
    for (const map of maps) {
      const at = [0.3, -0.8, 1.2];
      const h = 1e-2;
      const columns = await Promise.all(
        at.map(async (_, i) => {
          const moved = (by: number): Tensor => map(tensor2d([at.map((value, j) => value + (i === j ? by : 0))])).z;
          return [...(await sub(moved(h), moved(-h)).data())].map((value) => value / (2 * h));
        }),
      );
      const [[a, b, c], [d, e, f], [g, k, l]] = columns as [Row, Row, Row];
      const determinant = a * (e * l - f * k) - b * (d * l - f * g) + c * (d * k - e * g);
      expect(await map(tensor2d([at])).logDeterminant.data()).toBeAllclose([Math.log(Math.abs(determinant))], {
        atol: 2e-4,
      });
    }
  });
});

describe("mnfDense()", () => {
  test("reproduces the outputs and divergences of an independent implementation", async () => {
    const layer = mnfDense(key(0), { inputs: 3, units: 2, flows: 1, auxiliaryFlows: 1 });
    // Multipliers without spread that no flow moves.
    assign(layer, [f19.M, f19.log_std, f19.mb, f19.logvar_b, f19.z, -80]);
    stopFlows(layer);
    const draw = key(3);
    const found = await layer.apply(tensor2d(f19.x), { key: draw }).data();
    const noise = await rowNormal({ key: foldIn(draw, 2), offset: 0 }, [1, 2]).data();
    const expected = [0, 1].map((j) => f19.out_mean[0][j] + Math.sqrt(f19.out_var[0][j]) * noise[j]!);
    expect(found).toBeAllclose(expected);

    // The same weights, multiplied out, as independent Gaussians.
    const gaussian = mnfDense(key(0), { inputs: 3, units: 2, flows: 0 });
    const multiplied = f19.M.map((row: number[], i: number) => row.map((value) => value * f19.z[i]));
    assign(gaussian, [multiplied, f19.log_std, f19.mb, f19.logvar_b]);
    expect(await gaussian.divergence(key(0)).data()).toBeAllclose([f19.kl_w_given_z + f19.kl_b]);

    // The auxiliary posterior is a standard normal when its vectors are 0.
    assign(layer, [f19.M, f19.log_std, f19.mb, f19.logvar_b, f19.z, Math.log(0.1), 0, 0, 0]);
    const start = await rowNormal({ key: foldIn(foldIn(key(4), 0), 0), offset: 0 }, [1, 3]).data();
    const z = f19.z.map((value: number, i: number) => value + Math.sqrt(0.1) * start[i]!);
    const klOfWeights = f19.M.flatMap((row: number[], i: number) =>
      row.map((value) => klOfStandardNormals(value * z[i], Math.exp(2 * f19.log_std))),
    ).reduce((a: number, b: number) => a + b);
    const logR = z.reduce((sum: number, value: number) => sum - value ** 2 / 2 - Math.log(2 * Math.PI) / 2, 0);
    expect(await layer.divergence(key(4)).data()).toBeAllclose([klOfWeights + f19.kl_b + f19.E_logq_z0 - logR]);
  });

  test("is mean-field variational inference without flows, to the bit", async () => {
    const layer = mnfDense(key(0), { inputs: 4, units: 3, flows: 0, initialLogStd: -2 });
    expect(layer.variables.length).toBe(4);
    const [center, logStd, bias, biasLogVariance] = layer.variables as unknown as [
      Tensor2D,
      Tensor2D,
      Tensor1D,
      Tensor1D,
    ];
    const x = normal(key(1), [5, 4]) as Tensor2D;
    const noise = rowNormal({ key: foldIn(key(2), 2), offset: 0 }, [5, 3]);
    const expected = tidy(() => {
      const variance = matMul(square(x), square(exp(logStd))).add(exp(biasLogVariance));
      return matMul(x, center).add(bias).add(variance.sqrt().mul(noise));
    });
    expect(await layer.apply(x, { key: key(2) }).data()).toEqual(await expected.data());
    const [means, logs] = [await center.data(), await logStd.data()];
    const [biases, biasLogs] = [await bias.data(), await biasLogVariance.data()];
    let divergence = 0;
    for (let i = 0; i < 12; i++) divergence += klOfStandardNormals(means[i]!, Math.exp(2 * logs[i]!));
    for (let i = 0; i < 3; i++) divergence += klOfStandardNormals(biases[i]!, Math.exp(biasLogs[i]!));
    expect(await layer.divergence(key(3)).data()).toBeAllclose([divergence]);
  });

  test("clips the standard deviations of weights", async () => {
    const layer = mnfDense(key(0), { inputs: 1, units: 1, flows: 0, maxStd: 0.25 });
    assign(layer, [0, 3, 0, -80]);
    const [value] = await layer.apply(tensor2d([[2]]), { key: key(1) }).data();
    const [noise] = await rowNormal({ key: foldIn(key(1), 2), offset: 0 }, [1, 1]).data();
    expect(value).toBeAllclose(0.5 * noise!);
  });

  test("takes planar steps when told to, and always for one input", async () => {
    const layer = mnfDense(key(0), { inputs: 1, units: 2 });
    // 4 of the weights, 5 of the multipliers, 3 for each of 2 + 2 steps.
    expect(layer.variables.length).toBe(4 + 5 + 12);
    const planarLayer = mnfDense(key(0), { inputs: 4, units: 2, flow: "planar" });
    expect(planarLayer.variables.slice(9, 12).map(({ shape }) => shape)).toEqual([[4], [4], [1]]);
    expect((await planarLayer.divergence(key(1)).data()).every(Number.isFinite)).toBe(true);
    expect(() => mnfDense(key(0), { inputs: 1, units: 1, flow: "other" as "planar" })).toThrow(
      "realNvp or planar but found other",
    );
    expect((await layer.apply(tensor2d([[1]]), { key: key(1) }).data()).every(Number.isFinite)).toBe(true);
  });

  test("has the gradients of finite differences in every variable", async () => {
    const layer = mnfDense(key(0), { inputs: 2, units: 2, hidden: 2, auxiliaryHidden: 2, initialLogStd: -1 });
    const x = normal(key(1), [3, 2]);
    const loss = (): Scalar =>
      tidy(() => mean(square(layer.apply(x, { key: key(2) }))).add(layer.divergence(key(3)).mul(0.1)) as Scalar);
    const { grads } = variableGrads(loss, [...layer.variables] as Variable[]);
    for (const weight of layer.variables) {
      const [analytic] = await grads[weight.name]!.data();
      const values = await weight.data();
      const at = async (by: number): Promise<number> => {
        weight.assign(
          tensor(
            values.map((value, i) => value + (i === 0 ? by : 0)),
            weight.shape,
          ),
        );
        return (await loss().data())[0]!;
      };
      const numeric = ((await at(1e-2)) - (await at(-1e-2))) / 2e-2;
      await at(0);
      expect(Math.abs(numeric - analytic!), weight.name).toBeLessThan(2e-3 + 2e-2 * Math.abs(analytic!));
    }
  });

  test("refuses what does not fit", () => {
    expect(() => mnfDense(key(0), { inputs: 0, units: 1 })).toThrow(
      "inputs must be an integer of at least 1 but found 0",
    );
    expect(() => mnfDense(key(0), { inputs: 1, units: 1, priorVariance: 0 })).toThrow(RangeError);
    const layer = mnfDense(key(0), { inputs: 2, units: 1 });
    expect(() => layer.apply(tensor2d([[1]]), { key: key(0) })).toThrow(
      "x must be of shape [batch, 2] but found [1,1]",
    );
    expect(() => mnfNetwork([relu])).toThrow("parts must have a layer but found 1 functions");
  });
});

test("mnfConv2d() of one place is mnfDense() with the multipliers on its outputs", async () => {
  const options = { flows: 0, initialLogStd: -2 };
  const conv = mnfConv2d(key(0), { channels: 3, filters: 2, kernelSize: 1, ...options });
  const dense = mnfDense(key(0), { inputs: 3, units: 2, ...options });
  const x = normal(key(1), [4, 3]) as Tensor2D;
  const y = conv.apply(x.reshape([4, 1, 1, 3]), { key: key(2) });
  expect(y.shape).toEqual([4, 1, 1, 2]);
  expect(await y.data()).toBeAllclose(await dense.apply(x, { key: key(2) }).data());
  expect(await conv.divergence(key(3)).data()).toBeAllclose(await dense.divergence(key(3)).data());
  const multiplied = mnfConv2d(key(0), { channels: 2, filters: 3, flows: 1, auxiliaryFlows: 1 });
  expect(multiplied.variables[4]!.shape).toEqual([3]);
  expect((await multiplied.divergence(key(1)).data()).every(Number.isFinite)).toBe(true);
  expect(multiplied.apply(normal(key(2), [2, 5, 5, 2]), { key: key(3) }).shape).toEqual([2, 5, 5, 3]);
  expect(() => multiplied.apply(normal(key(2), [2, 5, 5, 1]), { key: key(3) })).toThrow("[batch, height, width, 2]");
});

describe("mnfNetwork() and variationalLoss()", () => {
  const small = (): MnfNetwork => {
    const options = { hidden: 8, auxiliaryHidden: 8 };
    return mnfNetwork([
      mnfDense(key(0), { inputs: 2, units: 8, ...options }),
      relu,
      mnfDense(key(1), { inputs: 8, units: 2, ...options }),
    ]);
  };

  test("is the likelihood and the divergence by the number of examples", async () => {
    const network = mnfNetwork([mnfDense(key(0), { inputs: 2, units: 2, initialLogStd: -30, flows: 0 })]);
    const x = normal(key(1), [3, 2]) as Tensor2D;
    const labels = tensor1d([0, 1, 1], "int32");
    const outputs = network.apply(x, { key: key(9) });
    const expected = oneHot(labels, 2).mul(outputs.logSoftmax()).sum(-1).mean().neg();
    const at = (weight: number): Scalar => variationalLoss(network, x, { key: key(2), size: 10, labels, weight });
    expect(await at(0).data()).toBeAllclose(await expected.data());
    const [divergence] = await network.divergence(key(2)).data();
    expect(await sub(at(2), at(0)).data()).toBeAllclose([divergence! / 5]);
    const squares = variationalLoss(network, x, { key: key(2), size: 10, weight: 0, targets: x, precision: 4 });
    expect(await squares.data()).toBeAllclose(await outputs.sub(x).square().sum(-1).mean().mul(2).data());
    expect(() => variationalLoss(network, x, { key: key(2), size: 10 } as never)).toThrow("expected labels or targets");
    expect(() => variationalLoss(network, x, { key: key(2), size: 0, labels })).toThrow(RangeError);
  });

  test("learns to classify", async () => {
    const network = small();
    const noise = normalValues(key(5), 200);
    const labels = tensor1d(
      Int32Array.from({ length: 100 }, (_, i) => i % 2),
      "int32",
    );
    const x = tensor2d(
      Float32Array.from(noise, (value, i) => 0.5 * value + (i % 2 === 0 ? (i % 4 === 0 ? -2 : 2) : 0)),
      [100, 2],
    );
    const optimizer = trainers.adam(0.05);
    for (let step = 0; step < 60; step++) {
      const options = { key: foldIn(key(2), step), size: 100, labels, weight: step / 60 };
      optimizer.minimize(() => variationalLoss(network, x, options), false, [...network.variables]);
    }
    const prediction = await predict(network, x, { key: key(3), samples: 20, output: "logits" });
    const right = summarize(prediction).mean.argMax(-1).equal(labels).mean().dataSync()[0]!;
    expect(right).toBeGreaterThan(0.95);
  });

  test("draws by key and place alone, and leaves nothing behind", async () => {
    const x = normal(key(1), [7, 2]);
    const network = small();
    const read = async (batchSize: number): Promise<Float32Array> => {
      const prediction = await predict(network, x, { key: key(3), samples: 3, output: "values", batchSize });
      const values = (await prediction.samples!.data()) as Float32Array;
      dispose(prediction);
      return values;
    };
    await leakFree(async () => expect(await read(2)).toBeAllclose(await read(7)));
    await leakFree(() => {
      dispose([network.apply(x, { key: key(1) }), network.divergence(key(1))]);
      const labels = tensor1d([0, 1, 0, 1, 0, 1, 0], "int32");
      dispose([labels, variationalLoss(network, x, { key: key(1), size: 7, labels })]);
    });
    network.dispose();
    await leakFree(() => small().dispose());
  });
});
