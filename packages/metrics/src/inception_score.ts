import { type Key, permutationValues } from "@jem-js/random/values";
import { checkCount } from "./_check.ts";
import { readProbabilities } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode inceptionScore}. */
export interface InceptionScoreOptions {
  /** Into how many groups of consecutive rows to divide the examples. @default {10, or the number of rows if fewer} */
  readonly splits?: number;
  /** Shuffles the rows first. @default {undefined: they are left in their order} */
  readonly key?: Key | undefined;
}

/** Inception scores of groups of examples. */
export interface InceptionScore {
  /** The mean over the groups. */
  readonly mean: number;
  /** The population standard deviation over the groups. */
  readonly std: number;
  /** The score of each group. */
  readonly scores: Float64Array;
  /** The number of examples. */
  readonly count: number;
}

/**
 * The Inception score of class probabilities of generated examples: `exp(H[mean p] - mean H[p])` in each of `splits`
 * groups, rows `floor(i n / splits)` to `floor((i + 1) n / splits)`. From 1 to the number of classes; larger is better.
 *
 * It depends on the number of examples a group and on the classifier: state both.
 *
 * @example Usage
 * ```ts
 * import { inceptionScore } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(inceptionScore([[1, 0], [0, 1]], { splits: 1 }).mean).toBeCloseTo(2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1606.03498 | Salimans et al., Improved techniques for training GANs, §4}
 * @see {@link https://arxiv.org/abs/1801.01973 | Barratt and Sharma, A note on the Inception score}
 *
 * @param probabilities One row an example, `[n, classes]`, in [0, 1]; rows sum to 1 within 1e-3.
 * @param options The groups.
 * @returns The scores, their mean and standard deviation.
 * @throws {TypeError} When the rows are no matrix.
 * @throws {RangeError} When a row is no distribution, or `splits` is not an integer from 1 to the number of rows.
 */
export function inceptionScore(probabilities: Matrix, options: InceptionScoreOptions = {}): InceptionScore {
  const action = "compute the Inception score";
  const { data, count, classes } = readProbabilities(action, probabilities);
  const { splits = Math.min(10, count), key } = options;
  checkCount(action, "splits", splits);
  if (splits > count) throw new RangeError(`Cannot ${action}: splits must be at most ${count} but found ${splits}`);
  const order = key && permutationValues(key, count);
  const scores = Float64Array.from({ length: splits }, (_, group) => {
    const first = Math.floor((group * count) / splits);
    const last = Math.floor(((group + 1) * count) / splits);
    const marginal = new Float64Array(classes);
    let entropies = 0;
    for (let i = first; i < last; i++) {
      const row = (order ? order[i]! : i) * classes;
      for (let k = 0; k < classes; k++) {
        const p = data[row + k]!;
        marginal[k]! += p / (last - first);
        if (p > 0) entropies -= p * Math.log(p);
      }
    }
    const entropy = marginal.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
    return Math.exp(Math.max(0, entropy - entropies / (last - first)));
  });
  const mean = scores.reduce((sum, score) => sum + score, 0) / splits;
  const std = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / splits);
  return { mean, std, scores, count };
}
