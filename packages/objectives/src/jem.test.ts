import { energyHead } from "@jem-js/energy";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import {
  concat,
  dispose,
  getBackend,
  ones,
  setBackend,
  slice,
  type Tensor,
  type Tensor2D,
  tensor1d,
  variableGrads,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { crossEntropy, jem, jemTerms } from "./mod.ts";

registerWasmGradients();
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;

describe.each(["ebm_cnn", "ebm_mlp"])("jem() reproduces the loss of PyTorch on %s", (name) => {
  const fixture = golden(name);
  const expected = fixture.jem_loss;
  const make = () => {
    const { classifier, weights } = goldenNetwork(fixture.model);
    const inputs = goldenTensor(fixture.inputs);
    const batch = {
      x: slice(inputs, [2], [2]),
      labels: fixture.labels.slice(2),
      unlabeled: slice(inputs, [0], [2]),
      negatives: goldenTensor(expected.x_q),
    };
    return { head: energyHead(classifier), weights, batch };
  };

  test.each(["cpu", "wasm"])("values and the gradient of every weight on %s", async (backend) => {
    const before = getBackend();
    await setBackend(backend);
    const { head, weights, batch } = make();
    const terms = jemTerms(head, batch);
    expect(await value(terms.loss)).toBeAllclose(expected.loss);
    expect(await value(terms.px)).toBeAllclose(expected.l_px);
    expect(await value(terms.energyGap)).toBeAllclose(-expected.l_px);
    expect(await value(terms.crossEntropy)).toBeAllclose(expected.l_pyx);
    expect(await value(crossEntropy(head, batch))).toBeAllclose(expected.l_pyx);
    const { w_px, w_pyx, loss } = expected.weighted;
    expect(await value(jem(head, batch, { pxWeight: w_px, pyxWeight: w_pyx }))).toBeAllclose(loss);
    const { grads } = variableGrads(() => jem(head, batch));
    for (const [weight, gradient] of Object.entries(expected.grads)) {
      const { data } = gradient as { data: number[] };
      const scale = Math.max(...data.map(Math.abs));
      expect(await grads[weights[weight]!.name]!.data()).toBeAllclose(data, { rtol: 1e-5, atol: 1e-5 * scale });
    }
    await setBackend(before);
  });

  test("jem() without unlabeled data uses x for p(x)", async () => {
    const { head, batch } = make();
    const { unlabeled: _, ...labeled } = batch;
    expect(await value(jem(head, labeled))).toBeAllclose(await value(jem(head, { ...labeled, unlabeled: batch.x })));
  });

  test("energyL2 adds the mean squares of both energies", async () => {
    const { head, batch } = make();
    const squares = async (x: Tensor): Promise<number> => {
      const energies = Array.from(await head.energy(x).data());
      return energies.reduce((sum, e) => sum + e * e, 0) / energies.length;
    };
    const penalty = (await squares(batch.unlabeled)) + (await squares(batch.negatives));
    expect(await value(jem(head, batch, { energyL2: 0.1 }))).toBeAllclose(expected.loss + 0.1 * penalty);
  });

  test("a constant added to all logits changes neither loss", async () => {
    const { head, batch } = make();
    const shifted = energyHead((x) => head.logits(x).add(3) as Tensor2D);
    expect(await value(jem(shifted, batch))).toBeAllclose(expected.loss, { rtol: 1e-5 });
  });

  test("jem(), jemTerms() and crossEntropy() leave their scalars alone", async () => {
    const { head, batch } = make();
    await leakFree(() => {
      dispose(jem(head, batch, { energyL2: 0.1 }));
      dispose({ ...jemTerms(head, batch) });
      dispose(crossEntropy(head, batch));
    });
  });
});

test("jemTerms() counts correct labels, given as a tensor or an array", async () => {
  const head = energyHead((x) => x as Tensor2D);
  const x = concat([ones([1, 3]), zeros([1, 3])], 0).mul(tensor1d([1, 2, 3])) as Tensor2D;
  const negatives = zeros([2, 3]);
  for (const labels of [[2, 1], tensor1d([2, 1], "int32")]) {
    expect(await value(jemTerms(head, { x, labels, negatives }).accuracy)).toBe(0.5);
  }
});

test("jem() and crossEntropy() refuse bad weights, empty batches and bad labels", () => {
  const head = energyHead((x) => x as Tensor2D);
  const batch = { x: ones([2, 3]), labels: [0, 1], negatives: ones([2, 3]) };
  expect(() => jem(head, batch, { pxWeight: -1 })).toThrow("pxWeight must be at least 0 but found -1");
  expect(() => jem(head, batch, { energyL2: Number.NaN })).toThrow("energyL2 must be at least 0 but found NaN");
  expect(() => jem(head, { ...batch, negatives: ones([0, 3]) })).toThrow("negatives is empty");
  expect(() => jem(head, { ...batch, unlabeled: ones([0, 3]) })).toThrow("unlabeled is empty");
  expect(() => crossEntropy(head, { x: ones([0, 3]), labels: [] })).toThrow("the batch is empty");
  expect(() => crossEntropy(head, { ...batch, labels: [0, 3] })).toThrow("from 0 to 2 but found 3 at 1");
  expect(() => jem(head, { ...batch, labels: [0] })).toThrow("labels must be [2] but found [1]");
});
