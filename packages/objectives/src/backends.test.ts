import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { key } from "@jem-js/random";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { smallNetwork, smallWeights } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import {
  getBackend,
  mul,
  type Scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor1D,
  tensor2d,
  valueAndGrad,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import * as o from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
registerWasmGradients();

const k = key(0);
const labels = [0, 2];
const points = (seed: number) => {
  const at = (i: number): number => Math.cos(3 * i + seed);
  return tensor2d([
    [at(0), at(1)],
    [at(2), at(3)],
  ]);
};
/** Each objective on a batch of its own. */
const LOSSES: Record<string, (head: EnergyHead) => Scalar> = {
  jem: (head) => o.jem(head, { x: points(0), labels, negatives: points(1) }, { energyL2: 0.1 }),
  semiSupervisedJem: (head) => {
    const batch = { x: points(0), labels, negatives: points(1), unlabeled: points(2) };
    return o.semiSupervisedJem(head, batch, { entropyWeight: 1 }).loss;
  },
  jointLikelihood: (head) => {
    const batch = { x: points(0), labels, negatives: points(1), negativeLabels: [1, 1] };
    return o.jointLikelihood(head, batch, { form: "logSumExp" }).loss;
  },
  conditionalLikelihood: (head) =>
    o.conditionalLikelihood(head, { x: points(0), labels, negatives: points(1) }, { form: "softplus" }).loss,
  improvedContrastiveDivergence: (head) => {
    const previous = [points(4), points(2)];
    const batch = { x: points(0), negatives: points(1), previous, neighbors: points(3) };
    return o.improvedContrastiveDivergence(head, batch, { stepSize: 0.5, clamp: [-0.9, 0.9], step: 0.05 }).loss;
  },
  noiseContrastiveEstimation: (head) => {
    const noiseLogDensity = (x: Parameters<EnergyHead["logDensity"]>[0]) => mul(sum(x, 1), 0) as Tensor1D;
    return o.noiseContrastiveEstimation(head, { x: points(0), noise: points(1) }, { noiseLogDensity }).loss;
  },
  energyDiscrepancy: (head) => o.energyDiscrepancy(head, { x: points(0) }, { key: k }).loss,
  scoreMatching: (head) => o.scoreMatching(head, { x: points(0) }, { step: 0.2 }).loss,
  slicedScoreMatching: (head) => o.slicedScoreMatching(head, { x: points(0) }, { key: k, step: 0.2 }).loss,
  denoisingScoreMatching: (head) =>
    o.denoisingScoreMatching(head, { x: points(0) }, { key: k, noiseScale: 0.5, step: 0.05 }).loss,
  gradientPenalty: (head) => o.gradientPenalty(head, { x: points(0) }, { target: 1, method: "exact" }),
  steinDiscrepancy: (head) => o.steinDiscrepancy(head, (x) => mul(x, x), { x: points(0) }, { key: k, step: 0.05 }).loss,
  spectralNormPenalty: (head) => o.spectralNormPenalty([head.logits(points(0))], { key: k }),
};

test.each(Object.entries(LOSSES))("%s() has the value and the gradient on wasm that it has on cpu", async (_, loss) => {
  const before = getBackend();
  const on = async (backend: string): Promise<number[]> => {
    await setBackend(backend);
    const { value, grad } = valueAndGrad((w) => loss(headOf(w)))(smallWeights());
    return [...(await value.data()), ...(await grad.data())];
  };
  try {
    // The steps are long, so that the rounding errors of finite differences stay below the tolerance.
    expect(await on("wasm")).toBeAllclose(await on("cpu"), { rtol: 1e-3, atol: 1e-3 });
  } finally {
    await setBackend(before);
  }
});
