import { binByConfidence } from "./_bin_by_confidence.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode reliabilityBins}. */
export interface ReliabilityBinsOptions {
  /** How many bins there are. @default {15} */
  readonly bins?: number;
  /**
   * Which end belongs to a bin: `"right"` makes bins `(lower, upper]` with confidence 0 in the first, `"left"` bins
   * `[lower, upper)` with confidence 1 in the last. It matters only for confidences that are an edge `k / bins`.
   * @default {"right"}
   */
  readonly closed?: "right" | "left";
  /**
   * Whether bins have equal `"width"`, or equal `"mass"`: nearly as many examples each, in the order of confidence.
   * @default {"width"}
   */
  readonly binning?: "width" | "mass";
  /** Whether examples of equal confidence stay in one bin of equal mass. @default {false} */
  readonly mergeTies?: boolean;
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** The lower edge. */
  readonly lower: number;
  /** The upper edge. */
  readonly upper: number;
  /** How many examples have their confidence in this bin. */
  readonly count: number;
  /** The mean of their confidences; NaN when there are none. */
  readonly meanConfidence: number;
  /** The share of them that is classified correctly; NaN when there are none. */
  readonly accuracy: number;
}

/**
 * The data of a reliability diagram: examples grouped by confidence, the probability of the predicted class, with the
 * mean confidence and the accuracy of each group. They agree where the classifier is calibrated.
 *
 * Bins are `(lower, upper]` as in Guo et al., with edges `k / bins` in float64 (the float32 number nearest to an edge may
 * lie beyond it). The prediction is the first of the largest probabilities, with two classes as with many.
 *
 * @example Usage
 * ```ts
 * import { reliabilityBins } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const [, upperHalf] = reliabilityBins([[0.75, 0.25], [0, 1]], [0, 0], { bins: 2 });
 * expect(upperHalf).toEqual({ lower: 0.5, upper: 1, count: 2, meanConfidence: 0.875, accuracy: 0.5 });
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.04599 | Guo et al., On calibration of modern neural networks, §2}
 *
 * @param probabilities One row an example, `[n, classes]`, in [0, 1]; rows sum to 1 within 1e-3.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @param options The bins.
 * @returns All bins in ascending order, the empty ones too; owned by the caller.
 * @throws {TypeError} When the rows or labels are no arrays, their lengths do not fit, or `closed` is unknown.
 * @throws {RangeError} When `bins` is not a positive integer, there is no row, there are fewer than two classes, a row is
 * no distribution, or a label is outside `[0, classes)`.
 */
export function reliabilityBins(
  probabilities: Matrix,
  labels: ArrayLike<number>,
  options: ReliabilityBinsOptions = {},
): ReliabilityBin[] {
  return binByConfidence("compute reliability bins", probabilities, labels, options);
}
