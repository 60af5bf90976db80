import { isAvailable } from "@jem-js/native";
import { key, normal, normalValues } from "@jem-js/random";
import { useBackend } from "@jem-js-internal/testing";
import { layers, sequential } from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import {
  dispose,
  relu,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { laplace } from "./laplace.ts";
import { mcBatchNorm } from "./mc_batch_norm.ts";
import { mcDropout } from "./mc_dropout.ts";
import { mnfConv2d } from "./mnf_conv2d.ts";
import { mnfDense } from "./mnf_dense.ts";
import { mnfNetwork } from "./mnf_network.ts";
import { predict } from "./predict.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";
import { summarize } from "./summarize.ts";
import { variationalLoss } from "./variational_loss.ts";

/** Every figure that this package computes with tensors, by name. */
async function figures(): Promise<Record<string, Float32Array>> {
  const found: Record<string, Float32Array> = {};
  const model = sequential({
    layers: [
      layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 2] }),
      layers.batchNormalization(),
      layers.reLU(),
      layers.flatten(),
      layers.dropout({ rate: 0.3 }),
      layers.dense({ units: 4 }),
    ],
  });
  model.setWeights(
    model.getWeights().map(({ shape, size }, i) => {
      const values = normalValues(key(i), size);
      // The last are the moving mean and variance.
      return tensor(i === 7 ? values.map((value) => value ** 2 + 0.1) : values, shape);
    }),
  );
  const x = normal(key(100), [10, 6, 6, 2]);
  const networks: StochasticNetwork[] = [
    mcBatchNorm(model, x, { batchSize: 4 }),
    mcDropout(model),
    await laplace(model, x, { likelihood: "classification" }),
  ];
  for (const network of networks) {
    const prediction = await predict(network, x, { key: key(7), samples: 3, output: "logits" });
    const summary = summarize(prediction);
    for (const [name, value] of Object.entries(summary)) {
      found[`${network.method}.${name}`] = (await value.data()) as Float32Array;
    }
    dispose([prediction, summary]);
    network.dispose();
  }
  const network = mnfNetwork([
    mnfConv2d(key(1), { channels: 2, filters: 3, strides: 2, initialLogStd: -2 }),
    relu,
    (y) => y.reshape([-1, 27]),
    mnfDense(key(2), { inputs: 27, units: 4, initialLogStd: -2 }),
  ]);
  const labels = tensor1d([0, 1, 2, 3, 0, 1, 2, 3, 0, 1], "int32");
  found["mnf.loss"] = (await variationalLoss(network, x, { key: key(3), size: 10, labels }).data()) as Float32Array;
  const dense = mnfDense(key(4), { inputs: 3, units: 2, initialLogStd: -2 });
  const inputs = normal(key(5), [4, 3]);
  const { grads } = variableGrads(
    () =>
      tidy(() =>
        dense
          .apply(inputs, { key: key(6) })
          .square()
          .mean()
          .add(dense.divergence(key(6))),
      ),
    [...dense.variables] as Variable[],
  );
  const sorted = dense.variables.map(({ name }) => grads[name] as Tensor);
  for (const [i, gradient] of sorted.entries()) found[`mnf.gradient${i}`] = (await gradient.data()) as Float32Array;
  dispose([x, labels, inputs, grads]);
  network.dispose();
  dense.dispose();
  return found;
}

let expected: Promise<Record<string, Float32Array>> | undefined;

describe.each(["cpu", "wasm", ...(isAvailable() ? ["native"] : [])])("on %s", (backend) => {
  useBackend(backend);
  test("all figures are those of the cpu backend", async () => {
    const found = await figures();
    // The first of the backends is cpu.
    expected ??= Promise.resolve(found);
    for (const [name, values] of Object.entries(await expected)) {
      expect(values.every(Number.isFinite), name).toBe(true);
      expect(found[name], name).toBeAllclose(values, { rtol: 2e-4, atol: 2e-5 });
    }
  });
});
