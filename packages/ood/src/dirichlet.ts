import { checkChoice } from "./_check.ts";
import { logitDetector, logSoftmax, logSumExp, type Row } from "./_logits.ts";
import { digamma, logGamma } from "./_special.ts";
import type { Detector } from "./detector.ts";

/** What is measured of a Dirichlet distribution: see {@linkcode dirichlet}. */
export type DirichletMeasure =
  | "mutualInformation"
  | "entropy"
  | "differentialEntropy"
  | "precision"
  | "maxProbability"
  | "pairwiseDivergence";

/** Options of {@linkcode dirichlet}. */
export interface DirichletOptions {
  /** What is measured. @default {"mutualInformation"} */
  readonly measure?: DirichletMeasure;
}

/**
 * Scores of a Dirichlet prior network, whose logits `z` are the logarithms of concentrations: `alpha = exp z`, with
 * `alpha_0 = sum alpha` and the mean `p = alpha / alpha_0`.
 *
 * - `"mutualInformation"`: `H[p] + sum_k p_k (psi(alpha_k + 1) - psi(alpha_0 + 1))`, what is unknown of the distribution.
 * - `"entropy"`: `H[p]`. `"maxProbability"`: `-max p`.
 * - `"differentialEntropy"`: `sum log Gamma(alpha_k) - log Gamma(alpha_0) - sum (alpha_k - 1)(psi(alpha_k) - psi(alpha_0))`. Not
 *   monotone for concentrations below 1: a flat and a corner-peaked distribution differ.
 * - `"precision"`: `-log alpha_0`, in the order of `-alpha_0`.
 * - `"pairwiseDivergence"`: the expected divergence of two draws, `(K - 1) / alpha_0`.
 *
 * Of a classifier that was not trained so, the concentrations mean nothing. In float64; logits above 300 are taken for 300.
 * Nothing is fitted: `fit(classifier)` keeps the classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { dirichlet } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await dirichlet().fit((x) => x as tf.Tensor2D);
 * const [sharp, flat] = await detector.score(tf.log(tf.tensor2d([[100, 100, 100], [1, 1, 1]])));
 * expect(sharp).toBeCloseTo(0.0033259);
 * expect(flat).toBeCloseTo(0.2652790);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.10501 | Malinin and Gales, Predictive uncertainty estimation via prior networks}
 *
 * @param options What is measured.
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`.
 * @throws {TypeError} When `measure` is unknown.
 */
export function dirichlet(options: DirichletOptions = {}): Detector<false> {
  const { measure = "mutualInformation" } = options;
  checkChoice("create dirichlet", "measure", measure, Object.keys(MEASURES));
  return logitDetector("dirichlet", { measure }, (z) =>
    MEASURES[measure](Float64Array.from(z, (value) => Math.min(value, 300))),
  );
}

const MEASURES: Readonly<Record<DirichletMeasure, (z: Row) => number>> = {
  mutualInformation(z) {
    const alpha0 = Math.exp(logSumExp(z));
    const logs = logSoftmax(z);
    let sum = 0;
    for (let k = 0; k < z.length; k++) {
      const p = Math.exp(logs[k]!);
      if (p > 0) sum += p * (digamma(Math.exp(z[k]!) + 1) - digamma(alpha0 + 1) - logs[k]!);
    }
    return Math.max(0, sum);
  },
  entropy(z) {
    let sum = 0;
    for (const log of logSoftmax(z)) if (Math.exp(log) > 0) sum -= Math.exp(log) * log;
    return sum;
  },
  differentialEntropy(z) {
    const alpha0 = Math.exp(logSumExp(z));
    let sum = -logGamma(alpha0);
    for (const value of z) {
      const alpha = Math.exp(value);
      sum += logGamma(alpha) - (alpha - 1) * (digamma(alpha) - digamma(alpha0));
    }
    return sum;
  },
  precision: (z) => -logSumExp(z),
  maxProbability: (z) => -Math.max(...logSoftmax(z).map(Math.exp)),
  pairwiseDivergence: (z) => (z.length - 1) * Math.exp(-logSumExp(z)),
};
