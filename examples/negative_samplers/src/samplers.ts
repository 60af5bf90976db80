import type { EnergyHead } from "@jem-js/energy";
import { mlpGenerator } from "@jem-js/models";
import { amortizedNegatives, generatorNegatives, shortRunNegatives } from "@jem-js/objectives";
import { type Key, uniform, uniformValues } from "@jem-js/random";
import { replayBuffer, run, sgld } from "@jem-js/samplers";
import type { JemProcedureOptions } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";

/** Makes the negatives of a head, as options of `jemProcedure`. */
export type Negatives = (head: EnergyHead, k: Key, learningRate: number) => JemProcedureOptions;

/** Chains at temperature 1 for all; the generators have as many weights as the classifier, nearly. */
const steps = 20;
const generatorNet = { units: [64, 64], outputShape: [2] };

/** The samplers that are compared. */
export const negatives: Readonly<Record<string, Negatives>> = {
  "SGLD, buffer": (head, k) => ({
    kernel: sgld(head, { eta: 0.01 }),
    buffer: replayBuffer({
      key: k,
      size: 10_000,
      shape: [2],
      initializer: (key, count) => uniformValues(key, 2 * count, { min: -2.5, max: 2.5 }),
    }),
    steps,
  }),
  "SGLD, short run": (head) => ({
    sampler: shortRunNegatives((key, start) => run(sgld(head, { eta: 0.01 }), start, { key, steps }).x, {
      initializer: (key, shape) => uniform(key, [...shape] as [number, number], { min: -2.5, max: 2.5 }),
    }),
  }),
  VERA: (head, k, rate) => {
    const generator = mlpGenerator(k, { latent: 2, prior: "normal", normalized: false, ...generatorNet });
    const adam = (): tf.Optimizer => tf.train.adam(rate, 0, 0.9);
    const sampler = amortizedNegatives(head, generator, { optimizer: adam(), posteriorOptimizer: adam() });
    return { sampler, penaltyWeight: 0.01 };
  },
  DDGM: (head, k, rate) => {
    const generator = mlpGenerator(k, { latent: 4, ...generatorNet });
    return {
      sampler: generatorNegatives(head, generator, { optimizer: tf.train.adam(rate, 0.5), entropyWeight: 0.1 }),
    };
  },
};
