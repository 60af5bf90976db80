import { checkKind } from "./_check.ts";
import { rankNormalize } from "./_rank_normalize.ts";
import { meanOf, quantileOf, readChains, sortedDraws, splitChains, varianceOf } from "./_read_chains.ts";

/** Options of {@linkcode splitRHat}. */
export interface SplitRHatOptions {
  /**
   * Of the draws as they are, `"plain"`, or the larger of those of the rank-normalised draws and of their distances from
   * the median, `"rank"`, which also sees chains of different spread and infinite variance. @default {"rank"}
   */
  readonly of?: "rank" | "plain";
}

/**
 * Whether chains agree: `R = sqrt(((n - 1) / n W + B / n) / W)` over the halves of all chains, `W` the mean of their
 * variances and `B / n` the variance of their means. Above 1.01 they have not mixed.
 *
 * Constant chains tell nothing of their mixing (they may be stuck): the result is NaN; chains that are constant at
 * different values give infinity.
 *
 * @example Usage
 * ```ts
 * import { key, normalValues } from "@jem-js/random";
 * import { splitRHat } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const [a, b] = [normalValues(key(0), 500), normalValues(key(1), 500)];
 * expect(splitRHat([a, b])).toBeCloseTo(1, 1);
 * expect(splitRHat([a, b.map((x) => x + 3)])).toBeGreaterThan(1.5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.08008 | Vehtari et al., Rank-normalization, folding, and localization: an improved R-hat}
 *
 * @param chains The draws of each chain in order: at least one chain, of equal length of at least 4, finite.
 * @param options Of what the statistic is.
 * @returns The statistic, near 1 when the chains agree.
 * @throws {RangeError} When there are too few draws or one is not finite.
 * @throws {TypeError} When chains differ in length or `of` is unknown.
 */
export function splitRHat(chains: readonly ArrayLike<number>[], options: SplitRHatOptions = {}): number {
  const action = "compute split R-hat";
  const { of = "rank" } = options;
  checkKind(action, "of", of, ["rank", "plain"]);
  const halves = splitChains(readChains(action, chains));
  if (of === "plain") return rHat(halves);
  const median = quantileOf(sortedDraws(halves), 0.5);
  const folded = halves.map((chain) => chain.map((value) => Math.abs(value - median)));
  return Math.max(rHat(rankNormalize(halves)), rHat(rankNormalize(folded)));
}

function rHat(chains: readonly Float64Array[]): number {
  const n = chains[0]!.length;
  const within = meanOf(chains.map(varianceOf));
  return Math.sqrt((n - 1) / n + varianceOf(chains.map(meanOf)) / within);
}
