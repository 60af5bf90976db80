import "@tensorflow/tfjs-backend-wasm";
import { isAvailable } from "@jem-js/native";
import { golden, leakFree, useBackend } from "@jem-js-internal/testing";
import { dispose, grads, type Scalar, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { evidentialLoss, evidentialTerms } from "./evidential_loss.ts";
import type { LogitsModel, PriorNetworkBatch, PriorNetworkTerms } from "./model.ts";
import { precisionRegularizedLoss, precisionRegularizedTerms } from "./precision_regularized_loss.ts";
import { priorNetworkLoss, priorNetworkTerms } from "./prior_network_loss.ts";

const { z_in, z_out, labels, prior, evidential } = golden("dirichlet").losses;
const x = tensor2d(z_in as number[][]);
const outOfDistribution = tensor2d(z_out as number[][]);
const network: LogitsModel = { logits: (z) => z as Tensor2D };
const batch: PriorNetworkBatch = { x, labels, outOfDistribution };

async function numberOf(loss: Scalar): Promise<number> {
  return (await loss.data())[0]!;
}

const losses: [string, (batch: PriorNetworkBatch) => PriorNetworkTerms][] = [
  ["forward_1000_0.01", (on) => priorNetworkTerms(network, on, { divergence: "forward" })],
  ["reverse_100", (on) => priorNetworkTerms(network, on)],
  ["reverse_100_gamma2_ce0.5", (on) => priorNetworkTerms(network, on, { outWeight: 2, crossEntropyWeight: 0.5 })],
  ["precision_sharp", (on) => precisionRegularizedTerms(network, on, { outWeight: 0.5 })],
  ["precision_flat", (on) => precisionRegularizedTerms(network, on, { outside: "flat", outWeight: 0.5 })],
];

describe.each(["cpu", "wasm", "native"])("on %s", (backend) => {
  if (backend === "native" && !isAvailable()) return;
  useBackend(backend);

  test.each(losses)("%s agrees with torch.distributions, and so do its gradients", async (name, terms) => {
    const expected = prior[name];
    const found = terms(batch);
    expect(await numberOf(found.inDistribution)).toBeAllclose(expected.in_distribution);
    expect(await numberOf(found.outOfDistribution)).toBeAllclose(expected.out_of_distribution);
    expect(await numberOf(found.loss)).toBeAllclose(expected.loss);
    const loss = (z: Tensor, outer: Tensor): Scalar => terms({ ...batch, x: z, outOfDistribution: outer }).loss;
    const [inner, outer] = grads(loss)([x, outOfDistribution]) as [Tensor, Tensor];
    expect(await inner.data()).toBeAllclose(expected.grad_in);
    expect(await outer.data()).toBeAllclose(expected.grad_out);
    dispose([found, inner, outer]);
  });
});

describe("priorNetworkLoss() and precisionRegularizedLoss()", () => {
  test("agree with the fixture F11", async () => {
    const f11 = golden("ood_fixtures").F11_idpn;
    const z = tensor2d([f11.z]);
    const terms = precisionRegularizedTerms(network, { x: z, labels: [0], outOfDistribution: z });
    expect(await numberOf(terms.inDistribution)).toBeAllclose(f11.loss_in_lam0_5);
    expect(await numberOf(terms.outOfDistribution)).toBeAllclose(f11.loss_out_lam_m0_1667);
  });

  test("are the loss of their terms", async () => {
    expect(await numberOf(priorNetworkLoss(network, batch))).toBeAllclose(prior.reverse_100.loss);
    const options = { inPrecision: 0, outPrecision: 0, outWeight: 0 };
    const cross = await numberOf(precisionRegularizedLoss(network, batch, options));
    expect(cross).toBeAllclose(await numberOf(precisionRegularizedTerms(network, batch, options).inDistribution));
  });

  test("take unequal numbers of inputs, and labels as tensors", async () => {
    expect(x.shape[0]).not.toBe(outOfDistribution.shape[0]);
    const asTensor = { ...batch, labels: tensor2d([labels], [1, 4], "int32").flatten() };
    expect(await numberOf(priorNetworkLoss(network, asTensor))).toBeAllclose(prior.reverse_100.loss);
  });

  test("are least at the target", async () => {
    const target = tensor2d([[Math.log(101), 0, 0]]);
    const flat = tensor2d([[0, 0, 0]]);
    const at = (inner: Tensor2D, outer: Tensor2D): Promise<number> =>
      numberOf(priorNetworkLoss(network, { x: inner, labels: [0], outOfDistribution: outer }));
    expect(await at(target, flat)).toBeAllclose(0);
    expect(await at(flat, flat)).toBeGreaterThan(0.01);
    expect(await at(target, target)).toBeGreaterThan(0.01);
  });

  test("do not overflow on extreme logits", async () => {
    const extreme = { ...batch, x: tensor2d([[500, -500, 0]]), labels: [1] };
    for (const divergence of ["forward", "reverse"] as const) {
      expect(Number.isFinite(await numberOf(priorNetworkLoss(network, extreme, { divergence })))).toBe(true);
    }
  });

  test("pull back logits that are beyond all bounds", async () => {
    const at = (outer: Tensor): Scalar =>
      priorNetworkLoss(network, { ...batch, outOfDistribution: outer as Tensor2D }, { divergence: "forward" });
    const [gradient] = grads(at)([tensor2d([[27, 400, -50]])]);
    const [high, higher, low] = await gradient!.data();
    expect(high).toBeGreaterThan(1);
    expect(higher).toBeGreaterThan(1);
    expect(low).toBeLessThan(-1e-4);
  });

  test("refuse what they cannot take", () => {
    const none = { ...batch, outOfDistribution: tensor2d([], [0, 3]) };
    expect(() => priorNetworkLoss(network, none)).toThrow("Cannot compute the loss: outOfDistribution is empty");
    expect(() => precisionRegularizedLoss(network, { ...none, x: none.outOfDistribution })).toThrow("x is empty");
    expect(() => priorNetworkLoss(network, { ...batch, labels: [0] })).toThrow(TypeError);
    expect(() => priorNetworkLoss(network, { ...batch, labels: [0, 1, 2, 3] })).toThrow(RangeError);
    expect(() => priorNetworkLoss(network, batch, { smoothing: 0.34 })).toThrow(
      "Cannot compute the loss: smoothing must be above 0 and below 1 / 3 but found 0.34",
    );
    expect(() => priorNetworkLoss(network, batch, { concentration: 0 })).toThrow(RangeError);
    expect(() => priorNetworkLoss(network, batch, { outWeight: -1 })).toThrow(RangeError);
    expect(() => priorNetworkLoss(network, batch, { divergence: "both" as "forward" })).toThrow(TypeError);
    expect(() => precisionRegularizedLoss(network, batch, { inPrecision: Number.NaN })).toThrow(RangeError);
    expect(() => precisionRegularizedLoss(network, batch, { outside: "round" as "flat" })).toThrow(TypeError);
  });

  test("leave nothing behind", async () => {
    await leakFree(() => priorNetworkLoss(network, batch, { crossEntropyWeight: 1 }).dispose());
    await leakFree(() => dispose(priorNetworkTerms(network, batch, { divergence: "forward" })));
    await leakFree(() => dispose(precisionRegularizedTerms(network, batch)));
  });
});

describe("evidentialLoss()", () => {
  test.each(Object.keys(evidential))("agrees with torch.distributions: %s", async (name) => {
    const [link, risk] = name.split("_") as ["exp", "squared"];
    const expected = evidential[name];
    const options = { link, risk, divergenceWeight: 0.3 };
    const found = evidentialTerms(network, { x, labels }, options);
    expect(await numberOf(found.risk)).toBeAllclose(expected.risk);
    expect(await numberOf(found.divergence)).toBeAllclose(expected.divergence);
    expect(await numberOf(found.loss)).toBeAllclose(expected.loss);
    const [gradient] = grads((z: Tensor) => evidentialLoss(network, { x: z, labels }, options))([x]);
    expect(await gradient!.data()).toBeAllclose(expected.grad);
  });

  test("refuses what it cannot take, and leaves nothing behind", async () => {
    expect(() => evidentialLoss(network, { x: tensor2d([], [0, 3]), labels: [] })).toThrow("x is empty");
    expect(() => evidentialLoss(network, { x, labels }, { risk: "absolute" as "squared" })).toThrow(
      "Cannot compute the loss: risk must be squared or crossEntropy or marginal but found absolute",
    );
    expect(() => evidentialLoss(network, { x, labels }, { link: "tanh" as "exp" })).toThrow(TypeError);
    expect(() => evidentialLoss(network, { x, labels }, { divergenceWeight: -1 })).toThrow(RangeError);
    await leakFree(() => dispose(evidentialTerms(network, { x, labels })));
  });
});
