import { checkInteger } from "./_check.ts";

/**
 * A score of the first 1, 2, 4, ... samples, and of all: how many samples a prediction needs. The draws are made once: the first samples
 * of a key are what fewer samples would have been.
 *
 * @example Usage
 * ```ts
 * import { prefixScores, regressionScores } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const samples = [[1, 2], [2, 2], [1.5, 2.5]];
 * const curve = prefixScores(samples, (first) => regressionScores(first, [1, 3], { precision: 1 }).pll.score);
 * expect(curve.map(({ samples }) => samples)).toEqual([1, 2, 3]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.06455 | Teye et al., Bayesian uncertainty estimation for batch normalized deep networks, §5}
 *
 * @param samples The samples, one entry a draw, of any kind; at least one.
 * @param score The score of the first of them.
 * @param counts How many samples to score, in any order; by default the powers of 2 and all.
 * @returns The numbers of samples and their scores.
 * @throws {RangeError} When there is no sample, or a count is not an integer from 1 to all.
 */
export function prefixScores<S>(
  samples: readonly S[],
  score: (first: readonly S[]) => number,
  counts: readonly number[] = powers(samples.length),
): PrefixScore[] {
  const action = "score the first samples";
  checkInteger(action, "the number of samples", samples.length, 1);
  for (const count of counts) checkInteger(action, "counts", count, 1, samples.length);
  return counts.map((count) => ({ samples: count, score: score(samples.slice(0, count)) }));
}

/** The score of the first samples. */
export interface PrefixScore {
  /** How many samples. */
  readonly samples: number;
  /** Their score. */
  readonly score: number;
}

function powers(all: number): number[] {
  const result = [];
  for (let count = 1; count < all; count *= 2) result.push(count);
  return [...result, all];
}
