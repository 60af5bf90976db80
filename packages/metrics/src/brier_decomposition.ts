import { binScores, checkBins, scoresOfClass } from "./_bin_by_confidence.ts";
import { checkLabels } from "./_check.ts";
import { readProbabilities } from "./_read_matrix.ts";
import { brierScore } from "./brier_score.ts";
import type { Matrix } from "./matrix.ts";
import type { ReliabilityBinsOptions } from "./reliability_bins.ts";

/** The parts of a Brier score: `score = reliability - resolution + uncertainty + within`. */
export interface BrierDecomposition {
  /** The Brier score. */
  readonly score: number;
  /** How far forecasts are from the frequencies that follow them; smaller is better. */
  readonly reliability: number;
  /** How far these frequencies are from the overall ones; larger is better. */
  readonly resolution: number;
  /** The score of always forecasting the overall frequencies. */
  readonly uncertainty: number;
  /** What the forecasts tell inside of their bins; 0 when those of a bin are equal. */
  readonly within: number;
}

/**
 * Murphy's decomposition of the Brier score, over bins of each class's probability, summed over the classes. It adds up
 * exactly for any bins, thanks to the last part.
 *
 * @example Usage
 * ```ts
 * import { brierDecomposition } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { reliability, resolution, uncertainty } = brierDecomposition([[1, 0], [0, 1]], [0, 1]);
 * expect([reliability, resolution, uncertainty]).toEqual([0, 0.5, 0.5]);
 * ```
 *
 * @see {@link https://doi.org/10.1175/2007WAF2006116.1 | Stephenson et al., Two extra components in the Brier score decomposition}
 *
 * @param probabilities One row an example, `[n, classes]`, in [0, 1]; rows sum to 1 within 1e-3.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @param options The bins.
 * @returns The parts.
 * @throws {TypeError} When the rows or labels are no arrays, their lengths do not fit, or an option is unknown.
 * @throws {RangeError} When `bins` is not a positive integer, there is no row, there are fewer than two classes, a row is
 * no distribution, or a label is outside `[0, classes)`.
 */
export function brierDecomposition(
  probabilities: Matrix,
  labels: ArrayLike<number>,
  options: ReliabilityBinsOptions = {},
): BrierDecomposition {
  const action = "decompose the Brier score";
  checkBins(action, options);
  const matrix = readProbabilities(action, probabilities);
  const { data, count, classes } = matrix;
  checkLabels(action, labels, count, classes);
  let reliability = 0;
  let resolution = 0;
  let uncertainty = 0;
  for (let k = 0; k < classes; k++) {
    const { scores, hits } = scoresOfClass(matrix, labels, k);
    const base = hits.reduce((sum, hit) => sum + hit, 0) / count;
    uncertainty += base * (1 - base);
    for (const bin of binScores(scores, hits, options)) {
      if (bin.count === 0) continue;
      reliability += (bin.count / count) * (bin.meanConfidence - bin.accuracy) ** 2;
      resolution += (bin.count / count) * (bin.accuracy - base) ** 2;
    }
  }
  const score = brierScore({ data, shape: [count, classes] }, labels);
  return { score, reliability, resolution, uncertainty, within: score - (reliability - resolution + uncertainty) };
}
