import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { mlpGenerator } from "@jem-js/models";
import { key } from "@jem-js/random";
import { pyld, replayBuffer, run, sgld } from "@jem-js/samplers";
import { gaussian, smallNetwork, smallWeights } from "@jem-js-internal/testing";
import { mul, ones, type Tensor, train } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import * as objectives from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const { presets } = objectives;
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;

test("every preset is taken by its objective", async () => {
  const head = headOf(smallWeights());
  const x = ones([2, 2]);
  const batch = { x, labels: [0, 1], negatives: x, previous: x, neighbors: ones([3, 2]).mul(2) };
  const losses = [
    objectives.jem(head, batch, presets.jem.loss),
    objectives.jem(head, batch, presets.jemPlusPlus.loss),
    objectives.jem(head, batch, presets.sadaJem.loss),
    objectives.semiSupervisedJem(head, { ...batch, unlabeled: x }, presets.semiSupervisedJem.loss).loss,
    objectives.conditionalLikelihood(head, batch, presets.conditionalLikelihood.loss).loss,
    objectives.contrastiveDivergence(head, batch, presets.shortRun.loss).loss,
    objectives.scoreMatching(head, batch, presets.scoreMatching.loss).loss,
    objectives.denoisingScoreMatching(head, batch, { key: key(0), ...presets.denoisingScoreMatching.loss }).loss,
    objectives.contrastiveDivergence(head, batch, presets.igebm.loss).loss,
    objectives.improvedContrastiveDivergence(head, batch, presets.improvedContrastiveDivergence.loss).loss,
    objectives.energyDiscrepancy(head, batch, { key: key(0), ...presets.energyDiscrepancy.loss }).loss,
    objectives.slicedScoreMatching(head, batch, { key: key(0), ...presets.slicedScoreMatching.loss }).loss,
    objectives.conditionalNoiseContrastiveEstimation(head, batch, {
      key: key(0),
      noiseScale: 0.1,
      ...presets.conditionalNoiseContrastiveEstimation.loss,
    }).loss,
    objectives.steinCriticLoss(head, (z) => z, batch, presets.steinDiscrepancy.critic).loss,
    objectives.gradientPenalty(head, batch, presets.gradientPenalty.loss),
  ];
  for (const loss of losses) expect(Number.isFinite(await value(loss))).toBe(true);
});

test("the kernels and buffers of @jem-js/samplers take the presets", async () => {
  const head = headOf(smallWeights());
  const stem = (x: Tensor): Tensor => mul(x, 2);
  const kernels = [
    [sgld(head, presets.jem.kernel), presets.jem],
    [pyld(head, { ...presets.jemPlusPlus.kernel, stem }), presets.jemPlusPlus],
    [sgld(head, presets.sadaJem.kernel), presets.sadaJem],
    [sgld(head, presets.igebm.kernel), presets.igebm],
    [sgld(head, presets.improvedContrastiveDivergence.kernel), presets.improvedContrastiveDivergence],
  ] as const;
  for (const [kernel, { steps, buffer }] of kernels) {
    const store = replayBuffer({ key: key(0), shape: [2], ...buffer });
    const { x } = run(kernel, store.draw(key(1), 4).x, { key: key(2), steps });
    expect(Array.from(await x.data()).every(Number.isFinite)).toBe(true);
    store.dispose();
  }
});

test("the presets of the kin of JEM complete its own, and short-run chains start from noise", async () => {
  const head = headOf(smallWeights());
  const { buffer } = { ...presets.jem, ...presets.conditionalLikelihood };
  const store = replayBuffer({ key: key(0), shape: [2], ...buffer });
  expect(store.draw(key(1), 2, { labels: [0, 9] }).x.shape).toEqual([2, 2]);
  store.dispose();
  const { kernel, steps } = presets.shortRun;
  const sample = objectives.shortRunNegatives((k, start) => run(sgld(head, kernel), start, { key: k, steps }).x);
  expect((await sample(key(2), ones([3, 2]))).shape).toEqual([3, 2]);
});

test("the samplers that are trained take the presets, with nets of @jem-js/models", async () => {
  const head = headOf(smallWeights());
  const { vera, deepDirected } = presets;
  const shape = { units: [4], outputShape: [2] };
  const [optimizer, posteriorOptimizer] = [train.sgd(1e-3), train.sgd(1e-3)];
  const samplers = [
    objectives.amortizedNegatives(head, mlpGenerator(key(0), { ...vera.generator, ...shape, normalized: false }), {
      optimizer,
      posteriorOptimizer,
      ...vera.sampler,
    }),
    objectives.generatorNegatives(head, mlpGenerator(key(0), { ...deepDirected.generator, ...shape }), {
      optimizer,
      ...deepDirected.sampler,
    }),
  ];
  for (const sample of samplers) expect((await sample(key(1), ones([3, 2]))).shape).toEqual([3, 2]);
});

test("the defaults of the objectives are those of their papers", async () => {
  const x = ones([2, 2]);
  const options = { key: key(0) };
  const pairs: [Tensor, Tensor][] = [
    [
      objectives.energyDiscrepancy(gaussian(1), { x }, options).loss,
      objectives.energyDiscrepancy(gaussian(1), { x }, { ...options, ...presets.energyDiscrepancy.loss }).loss,
    ],
    [
      objectives.slicedScoreMatching(gaussian(1), { x }, options).loss,
      objectives.slicedScoreMatching(gaussian(1), { x }, { ...options, ...presets.slicedScoreMatching.loss }).loss,
    ],
    [
      objectives.steinCriticLoss(gaussian(1), (z) => z, { x }).loss,
      objectives.steinCriticLoss(gaussian(1), (z) => z, { x }, presets.steinDiscrepancy.critic).loss,
    ],
  ];
  for (const [byDefault, byPreset] of pairs) expect(await value(byDefault)).toBe(await value(byPreset));
});
