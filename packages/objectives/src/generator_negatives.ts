import {
  add,
  clone,
  mean,
  mul,
  neg,
  type Optimizer,
  type Scalar,
  sub,
  tidy,
  type Variable,
} from "@tensorflow/tfjs-core";
import { checkWeights } from "./_check.ts";
import { drawCodes } from "./_codes.ts";
import { latestTerms } from "./_latest_terms.ts";
import { type BatchNormEntropyOptions, batchNormEntropy } from "./batch_norm_entropy.ts";
import type { Generator } from "./generator.ts";
import type { DensityModel } from "./model.ts";
import type { TrainedSampler } from "./trained_sampler.ts";

/** Options of {@linkcode generatorNegatives}. */
export interface GeneratorNegativesOptions extends BatchNormEntropyOptions {
  /** Trains the generator; borrowed. */
  readonly optimizer: Optimizer;
  /** The weight of the entropy. At least 0; with 0 all codes end where the energy is least. @default {1} */
  readonly entropyWeight?: number;
}

/**
 * Negatives of a generator that is trained to sample the model: the deep directed generative model. Each call makes one step of
 * the generator and returns what it then makes of the same codes; there are no chains.
 *
 * The generator minimises `mean E(G(z)) - entropyWeight H`, the divergence `KL(p_G || p_E)` but for a constant, with
 * {@linkcode batchNormEntropy} in place of the entropy. The model minimises `mean E(x+) - mean E(G(z))`: that is
 * {@linkcode contrastiveDivergence}, or the `log p(x)` of {@linkcode jem}. So it looks like a GAN, but what discriminates is an
 * energy, which is not flat where the generator is right, and does not forget what earlier generators made.
 *
 * Use it where a sample must take one pass. The entropy is that of the units, not of the outputs, so that modes can be lost;
 * {@linkcode amortizedNegatives} has an estimate of it.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { mlpGenerator } from "@jem-js/models";
 * import { contrastiveDivergence, generatorNegatives } from "@jem-js/objectives";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = { logDensity: (x: tf.Tensor) => tf.neg(tf.sum(tf.square(x), 1)) as tf.Tensor1D };
 * const generator = mlpGenerator(key(0), { latent: 4, units: [16], outputShape: [2] });
 * const sample = generatorNegatives(model, generator, { optimizer: tf.train.adam(2e-4, 0.5) });
 * const x = normal(key(1), [32, 2]);
 * const negatives = await sample(key(2), x);
 * expect(negatives.shape).toEqual([32, 2]);
 * expect(Object.keys(sample.terms())).toEqual(["generatorLoss", "generatorEnergy", "generatorEntropy"]);
 * const { loss } = contrastiveDivergence(model, { x, negatives });
 * ```
 *
 * @see {@link https://arxiv.org/abs/1606.03439 | Kim and Bengio, Deep directed generative models with energy-based probability estimation}
 *
 * @param model The density; its variables stay as they are. Borrowed.
 * @param generator The generator; borrowed.
 * @param options Its optimizer and the entropy.
 * @returns The sampler. It makes `x.shape[0]` negatives and heeds no labels.
 * @throws {TypeError} When the generator has no batch normalisation but the entropy has a weight.
 * @throws {RangeError} When `entropyWeight` is negative or `reduction` unknown.
 */
export function generatorNegatives(
  model: DensityModel,
  generator: Generator,
  options: GeneratorNegativesOptions,
): TrainedSampler {
  const { optimizer, entropyWeight = 1, ...entropyOptions } = options;
  checkWeights({ entropyWeight });
  const hasEntropy = entropyWeight > 0;
  if (hasEntropy) batchNormEntropy(generator.scales, entropyOptions).dispose();
  const latest = latestTerms();

  const sample: TrainedSampler = Object.assign(
    async (key: Parameters<TrainedSampler>[0], x: Parameters<TrainedSampler>[1]) =>
      tidy(() => {
        const z = drawCodes(key, generator, x.shape[0]!);
        const loss = (): Scalar => {
          const generatorEnergy = neg(mean(model.logDensity(generator.generate(z, { training: true })))) as Scalar;
          if (!hasEntropy) {
            latest.set({ generatorLoss: clone(generatorEnergy), generatorEnergy });
            return clone(generatorEnergy);
          }
          const generatorEntropy = batchNormEntropy(generator.scales, entropyOptions);
          const generatorLoss: Scalar = sub(generatorEnergy, mul(generatorEntropy, entropyWeight));
          latest.set({ generatorLoss, generatorEnergy, generatorEntropy });
          return add(generatorLoss, 0) as Scalar;
        };
        optimizer.minimize(loss, false, generator.variables as Variable[]);
        return generator.generate(z, { training: true });
      }),
    { variables: generator.variables, terms: latest.read, dispose: latest.dispose },
  );
  return sample;
}
