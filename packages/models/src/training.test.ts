import { energyHead } from "@jem-js/energy";
import { isAvailable } from "@jem-js/native";
import { key, uniform } from "@jem-js/random";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { leakFree } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import {
  add,
  getBackend,
  mean,
  neg,
  oneHot,
  type Scalar,
  setBackend,
  sub,
  tensor1d,
  tidy,
  train,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { igebmNet, type Normalization, wideResNet } from "./mod.ts";

registerWasmGradients();

const SHAPE = { inputShape: [4, 4, 3], classes: 3 };
const NETWORKS: Record<string, () => LayersModel> = {
  igebmNet: () => igebmNet(key(0), { ...SHAPE, filters: [4, 6], blocks: 2 }),
  ...Object.fromEntries(
    (["none", "batch", "instance", "layer", "act"] as Normalization[]).map((normalization) => [
      `wideResNet with ${normalization}`,
      () => wideResNet(key(0), { ...SHAPE, depth: 10, width: 1, normalization }),
    ]),
  ),
};

/** The loss of JEM: log-density of negatives less that of data, and the cross-entropy, here of fixed inputs. */
function lossOf(model: LayersModel): () => Scalar {
  const head = energyHead(model);
  return () =>
    tidy(() => {
      const x = uniform(key(1), [2, 4, 4, 3], { min: -1 });
      const negatives = uniform(key(2), [2, 4, 4, 3], { min: -1 });
      const labels = oneHot(tensor1d([0, 2], "int32"), 3).toFloat();
      const pyx = neg(mean(head.probabilities(x).log().mul(labels).sum(1)));
      return add(sub(mean(head.logDensity(negatives)), mean(head.logDensity(x))), pyx) as Scalar;
    });
}

describe.each(Object.keys(NETWORKS))("%s", (name) => {
  test("has the gradient of JEM's loss for every weight, equal on every backend", async () => {
    const before = getBackend();
    const found: number[][][] = [];
    for (const backend of ["cpu", "wasm", ...(isAvailable() ? ["native"] : [])]) {
      await setBackend(backend);
      const model = NETWORKS[name]!();
      const { grads } = variableGrads(lossOf(model));
      const values = model.trainableWeights.map((weight) => grads[(weight.read() as Variable).name]!.data());
      found.push((await Promise.all(values)).map((gradient) => [...gradient]));
      model.dispose();
    }
    await setBackend(before);
    const [expected, ...others] = found;
    for (const [i, gradient] of expected!.entries()) {
      const largest = Math.max(...gradient.map(Math.abs));
      for (const other of others) expect(other[i]).toBeAllclose(gradient, { rtol: 1e-3, atol: 1e-3 * largest + 1e-7 });
    }
  });

  test("learns by it, and leaks nothing", async () => {
    const before = getBackend();
    await setBackend(isAvailable() ? "native" : "wasm");
    const model = NETWORKS[name]!();
    const loss = lossOf(model);
    const optimizer = train.adam(1e-3);
    const step = async (): Promise<number> => {
      const value = optimizer.minimize(loss, true)!;
      const [first] = await value.data();
      value.dispose();
      return first!;
    };
    const start = await step();
    await leakFree(step);
    for (let i = 0; i < 8; i++) await step();
    expect(await step()).toBeLessThan(start);
    optimizer.dispose();
    model.dispose();
    await setBackend(before);
  });
});
