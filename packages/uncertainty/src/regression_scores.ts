import { gaussianCrps, predictiveLogLikelihood, uncertaintyBounds } from "@jem-js/metrics";
import { checkPositive } from "./_check.ts";
import { checkRows, momentsOf } from "./_sample_rows.ts";

/** Options of {@linkcode regressionScores}. */
export interface RegressionScoresOptions {
  /** The precision `tau` of the noise of observations, in the units of the targets, above 0: see `tunePrecision`. */
  readonly precision: number;
  /**
   * The standard deviation of the constant uncertainty that is 0 of the scale, such as that of the smallest CRPS on validation data.
   * @default {the best on these targets, for each score its own}
   */
  readonly constantStd?: number;
}

/** A proper score, and where it is between the best constant uncertainty and the best of all. */
export interface NormalizedScore {
  /** The mean score. */
  readonly score: number;
  /** The mean score of the constant uncertainty. */
  readonly constant: number;
  /** The mean score of the best uncertainty for each prediction. */
  readonly optimal: number;
  /** `100 (score - constant) / (optimal - constant)`: 0 is constant, 100 is optimal, below 0 is worse than constant. */
  readonly normalized: number;
}

/** How good predictions of numbers and their uncertainties are. */
export interface RegressionScores {
  /** The root mean squared error of the means. */
  readonly rmse: number;
  /** The continuous ranked probability score of the Gaussian with the moments; smaller is better. */
  readonly crps: NormalizedScore;
  /** The log-likelihood of the mixture of Gaussians around the samples; larger is better. */
  readonly pll: NormalizedScore;
  /** The log-likelihood of the Gaussian with the moments: another number than `pll`. */
  readonly momentPll: number;
  /** The errors `target - mean`, `[n]`. */
  readonly errors: Float64Array;
  /** The predictive standard deviations, noise included, `[n]`. */
  readonly stds: Float64Array;
}

/**
 * Scores samples of a network's outputs as a predictive distribution, with noise of precision `tau`: log-likelihood (PLL) and CRPS,
 * raw and on the scale from the best constant uncertainty with the same means, 0, to the best uncertainty for each prediction, 100.
 *
 * With `mean_i`, `variance_i` of the samples of prediction `i`: CRPS of the Gaussian of variance `variance_i + 1 / tau`; PLL
 * `logsumexp_t(-tau (y_i - x_ti)² / 2) - log T - log(2 pi) / 2 + log(tau) / 2`. The two ends of the scale are in closed form.
 *
 * @example Usage
 * ```ts
 * import { regressionScores } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const { rmse, crps, pll } = regressionScores([[1, 2], [2, 2]], [1, 3], { precision: 1 });
 * expect(rmse).toBeCloseTo(Math.sqrt(0.625));
 * expect(crps.normalized).toBeLessThan(100);
 * expect(pll.optimal).toBeGreaterThan(pll.score);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.06455 | Teye et al., Bayesian uncertainty estimation for batch normalized deep networks, §5}
 *
 * @param samples The samples, `[samples, n]`: one row a draw of all predictions.
 * @param targets What was observed, `[n]`.
 * @param options The precision and the constant uncertainty.
 * @returns The scores.
 * @throws {TypeError} When samples and targets do not fit.
 * @throws {RangeError} When a number is not finite or not above 0, or all errors are 0.
 */
export function regressionScores(
  samples: readonly ArrayLike<number>[],
  targets: ArrayLike<number>,
  options: RegressionScoresOptions,
): RegressionScores {
  const action = "score a regression";
  const { precision, constantStd } = options;
  checkPositive(action, "precision", precision);
  if (constantStd !== undefined) checkPositive(action, "constantStd", constantStd);
  checkRows(action, samples, targets);
  const { mean, variance } = momentsOf(samples);
  const errors = mean.map((value, i) => targets[i]! - value);
  const stds = variance.map((value) => Math.sqrt(value + 1 / precision));
  const crps = average(gaussianCrps({ mean, std: stds }, targets));
  const pll = average(predictiveLogLikelihood(samples, targets, { precision }));
  return {
    rmse: Math.sqrt(average(errors.map((error) => error * error))),
    crps: normalize("crps", crps, errors, constantStd),
    pll: normalize("pll", pll, errors, constantStd),
    momentPll: average(predictiveLogLikelihood(samples, targets, { precision, method: "moment" })),
    errors,
    stds,
  };
}

/** Where a score is between the ends, the lower of which is the best constant uncertainty or a given one. */
function normalize(
  kind: "crps" | "pll",
  score: number,
  errors: Float64Array,
  std: number | undefined,
): NormalizedScore {
  const bounds = uncertaintyBounds(errors, { score: kind });
  const constant = std === undefined ? bounds.constant : constantScore(kind, errors, std);
  const { optimal } = bounds;
  return { score, constant, optimal, normalized: (100 * (score - constant)) / (optimal - constant) + 0 };
}

/** The mean score of errors under one standard deviation for all. */
function constantScore(kind: "crps" | "pll", errors: Float64Array, std: number): number {
  const zeros = new Float64Array(errors.length);
  if (kind === "crps") return average(gaussianCrps({ mean: zeros, std: zeros.map(() => std) }, errors));
  return average(predictiveLogLikelihood([zeros], errors, { precision: 1 / (std * std) }));
}

function average(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
