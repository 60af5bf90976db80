import { meanOf, readChains, varianceOf } from "./_read_chains.ts";
import { effectiveSampleSize } from "./effective_sample_size.ts";
import { splitRHat } from "./split_r_hat.ts";

/** What {@linkcode chainSummary} tells of a quantity. */
export interface ChainSummary {
  /** The mean of all draws. */
  readonly mean: number;
  /** Their standard deviation. */
  readonly standardDeviation: number;
  /** The standard error of the mean, `standardDeviation / sqrt(effective sample size of the mean)`. */
  readonly standardError: number;
  /** The effective sample size of the bulk. */
  readonly essBulk: number;
  /** The effective sample size of the tails. */
  readonly essTail: number;
  /** The rank-normalised split R-hat. */
  readonly rHat: number;
}

/**
 * Summarises the draws of one quantity (a coordinate, an energy, a gradient norm) by some chains.
 *
 * @example Usage
 * ```ts
 * import { key, normalValues } from "@jem-js/random";
 * import { chainSummary } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const chains = [0, 1, 2, 3].map((seed) => normalValues(key(seed), 500));
 * const { mean, standardError, rHat } = chainSummary(chains);
 * expect(Math.abs(mean)).toBeLessThan(4 * standardError);
 * expect(rHat).toBeLessThan(1.01);
 * ```
 *
 * @param chains The draws of each chain in order: at least one chain, of equal length of at least 4, finite.
 * @returns The summary; constant chains have NaN for all that tells of mixing.
 * @throws {RangeError} When there are too few draws or one is not finite.
 * @throws {TypeError} When chains differ in length.
 */
export function chainSummary(chains: readonly ArrayLike<number>[]): ChainSummary {
  const all = readChains("summarise chains", chains).flatMap((chain) => Array.from(chain));
  const standardDeviation = Math.sqrt(varianceOf(all));
  return {
    mean: meanOf(all),
    standardDeviation,
    standardError: standardDeviation / Math.sqrt(effectiveSampleSize(chains, { of: "mean" })),
    essBulk: effectiveSampleSize(chains),
    essTail: effectiveSampleSize(chains, { of: "tail" }),
    rHat: splitRHat(chains),
  };
}
