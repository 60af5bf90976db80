import type { Tensor } from "@tensorflow/tfjs-core";
import { anneal, checkedBetas, logMeanExp } from "./_annealing.ts";
import type { AnnealedEstimate, AnnealingOptions } from "./annealed_importance_sampling.ts";
import type { AnnealingPath } from "./annealing_path.ts";

/**
 * Annealed importance sampling backwards: chains that start at samples of the model and are led to the density that is known. With
 * {@linkcode annealedImportanceSampling} it brackets `log Z`: this estimate is above it on average.
 *
 * `log Z ~ log Z_0 - log mean_i 1 / w_i`, with the weights of the way back. It is a bound only if `x` are samples of the
 * model: of a machine that can be sampled exactly, of long chains, or data that were made by it. From data that the model was
 * fitted to it is optimistic, and it tells nothing of modes that `x` has not.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key, normal } from "@jem-js/random";
 * import { geometricPath, mala, reverseAnnealedImportanceSampling } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const gaussian = (precision: number) => ({
 *   logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -precision / 2),
 *   score: (x: tf.Tensor) => tf.mul(x, -precision),
 * });
 * const base = {
 *   ...gaussian(0.25),
 *   sample: (k: ReturnType<typeof key>, count: number) => tf.mul(normal(k, [count, 2]), 2),
 *   logNormalizer: Math.log(2 * Math.PI * 4),
 * };
 * const path = geometricPath(base, gaussian(1), { kernel: (bridge) => mala(bridge, { stepSize: 0.3 }) });
 * const samples = normal(key(1), [256, 2]); // of the model
 * const { logNormalizer } = await reverseAnnealedImportanceSampling(path, samples, { key: key(0), temperatures: 40 });
 * expect(Math.abs(logNormalizer - Math.log(2 * Math.PI))).toBeLessThan(0.15);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1412.8566 | Burda, Grosse and Salakhutdinov, Accurate and conservative estimates of MRF log-likelihood using reverse annealing}
 *
 * @param path The densities and their kernels; borrowed.
 * @param x Samples of the model, `[chains, ...input]`, borrowed.
 * @param options The temperatures.
 * @returns The estimate; its `x` are at 0, or nearly.
 * @throws {RangeError} When a count is out of range or the temperatures do not rise from 0 to 1.
 * @throws {Error} When the signal was aborted.
 */
export async function reverseAnnealedImportanceSampling(
  path: AnnealingPath,
  x: Tensor,
  options: AnnealingOptions,
): Promise<AnnealedEstimate> {
  const betas = checkedBetas("sample with reverse annealed importance", options);
  const { logWeights, x: end } = await anneal(path, x, betas, { ...options, isReverse: true });
  const backwards = logMeanExp(logWeights.map((weight) => -weight));
  return {
    ...backwards,
    logNormalizer: path.logNormalizer - backwards.logNormalizer,
    logWeights: Float64Array.from(logWeights, (weight) => path.logNormalizer + weight),
    x: end,
  };
}
