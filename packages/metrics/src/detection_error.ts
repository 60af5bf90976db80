import { sweep } from "./_sweep.ts";

/**
 * The smallest error of telling positives from negatives by a threshold, when both are equally likely:
 * `min_t ((1 - TPR(t)) + FPR(t)) / 2` over all scores `t` and Infinity; smaller is better.
 *
 * The detection accuracy is one minus it. It is optimistic where the threshold must be chosen beforehand.
 *
 * @example Usage
 * ```ts
 * import { detectionError } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(detectionError([4, 3, 1], [2, 0])).toBeCloseTo((1 / 3 + 0) / 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.02690 | Liang et al., Enhancing the reliability of out-of-distribution image detection in neural networks, §4.1}
 *
 * @param positives Scores of the positives, expected to be larger; at least one, without NaN; infinities are allowed.
 * @param negatives Scores of the negatives, likewise.
 * @returns The error, in [0, 1/2].
 * @throws {TypeError} When the scores are no arrays.
 * @throws {RangeError} When there are no scores on one side, or one is NaN.
 */
export function detectionError(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  let smallest = 0.5;
  sweep("compute the detection error", positives, negatives, (_, tp, fp) => {
    smallest = Math.min(smallest, (1 - tp / positives.length + fp / negatives.length) / 2);
  });
  return smallest;
}
