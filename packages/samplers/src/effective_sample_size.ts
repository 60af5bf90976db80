import { checkKind } from "./_check.ts";
import { rankNormalize } from "./_rank_normalize.ts";
import {
  autocovariance,
  centre,
  meanOf,
  quantileOf,
  readChains,
  sortedDraws,
  splitChains,
  varianceOf,
} from "./_read_chains.ts";

/** Options of {@linkcode effectiveSampleSize}. */
export interface EffectiveSampleSizeOptions {
  /**
   * Of what: the mean of the rank-normalised draws, `"bulk"`; the worse of the 5 % and 95 % quantiles, `"tail"`; or the
   * mean of the draws, `"mean"`, which must have a variance. @default {"bulk"}
   */
  readonly of?: "bulk" | "tail" | "mean";
}

/**
 * How many independent draws the draws of some chains are worth: `chains * draws / tau`,
 * `tau = -1 + 2 sum_k (rho_2k + rho_2k+1)`, over the pairs of autocorrelations until one is negative (Geyer), made
 * monotone. The autocorrelation is pooled over the halves of all chains, so that chains that disagree count little.
 *
 * Constant chains tell nothing of their mixing (they may be stuck): the result is NaN.
 *
 * @example Usage
 * ```ts
 * import { key, normalValues } from "@jem-js/random";
 * import { effectiveSampleSize } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const independent = [0, 1, 2, 3].map((seed) => normalValues(key(seed), 500));
 * expect(effectiveSampleSize(independent)).toBeGreaterThan(1500);
 * expect(effectiveSampleSize([[1, 1, 1, 1]])).toBeNaN();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.08008 | Vehtari et al., Rank-normalization, folding, and localization: an improved R-hat}
 *
 * @param chains The draws of each chain in order: at least one chain, of equal length of at least 4, finite.
 * @param options Of what the size is.
 * @returns The effective sample size; at most `draws log10(draws)` of all chains together.
 * @throws {RangeError} When there are too few draws or one is not finite.
 * @throws {TypeError} When chains differ in length or `of` is unknown.
 */
export function effectiveSampleSize(
  chains: readonly ArrayLike<number>[],
  options: EffectiveSampleSizeOptions = {},
): number {
  const action = "compute the effective sample size";
  const { of = "bulk" } = options;
  checkKind(action, "of", of, ["bulk", "tail", "mean"]);
  const draws = readChains(action, chains);
  if (of === "mean") return fromHalves(splitChains(draws));
  if (of === "bulk") return fromHalves(rankNormalize(splitChains(draws)));
  const sorted = sortedDraws(draws);
  const ofQuantile = (p: number): number => {
    const quantile = quantileOf(sorted, p);
    return fromHalves(splitChains(draws.map((chain) => chain.map((value) => (value <= quantile ? 1 : 0)))));
  };
  return Math.min(ofQuantile(0.05), ofQuantile(0.95));
}

function fromHalves(chains: readonly Float64Array[]): number {
  const n = chains[0]!.length;
  const centred = chains.map(centre);
  const covariance = (lag: number): number => meanOf(centred.map((chain) => autocovariance(chain, lag)));
  const within = (covariance(0) * n) / (n - 1);
  const pooled = covariance(0) + varianceOf(chains.map(meanOf));
  if (chains.every((chain) => chain.every((value) => value === chains[0]![0]))) return Number.NaN;
  const rho = (lag: number): number => 1 - (within - covariance(lag)) / pooled;
  let sum = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let lag = 0;
  let [even, odd] = [1, rho(1)];
  while (even + odd > 0 && lag < n - 4) {
    smallest = Math.min(smallest, even + odd);
    sum += smallest;
    lag += 2;
    [even, odd] = [rho(lag), rho(lag + 1)];
  }
  // Half of the pair where the sum ends: better for chains of negative autocorrelation.
  const last = Math.max(0, even);
  const all = chains.length * n;
  return all / Math.max(-1 + 2 * sum + last, 1 / Math.log10(all));
}
