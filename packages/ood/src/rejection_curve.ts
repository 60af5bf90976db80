import { readScores } from "./_check.ts";

/** Options of {@linkcode rejectionCurve}. */
export interface RejectionCurveOptions {
  /** Whether each in-distribution example is classified correctly. @default {undefined: no accuracies} */
  readonly correct?: ArrayLike<boolean | number>;
}

/** What becomes of examples when scores above a threshold are rejected. */
export interface RejectionPoint {
  /** The threshold: scores up to it are accepted. */
  readonly threshold: number;
  /** The share of in-distribution examples that are accepted. */
  readonly coverage: number;
  /** The share of out-of-distribution examples that are rejected. */
  readonly rejected: number;
  /** The accuracy on the accepted in-distribution examples; NaN when none is. */
  readonly accuracy?: number;
}

/**
 * What rejecting examples gives and takes: coverage in distribution, the share rejected out of distribution, and the accuracy on
 * what is accepted, for every threshold.
 *
 * @example Usage
 * ```ts
 * import { rejectionCurve } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const curve = rejectionCurve([1, 2], [2, 3], { correct: [true, false] });
 * expect(curve).toEqual([
 *   { threshold: -Infinity, coverage: 0, rejected: 1, accuracy: NaN },
 *   { threshold: 1, coverage: 0.5, rejected: 1, accuracy: 1 },
 *   { threshold: 2, coverage: 1, rejected: 0.5, accuracy: 0.5 },
 *   { threshold: 3, coverage: 1, rejected: 0, accuracy: 0.5 },
 * ]);
 * ```
 *
 * @param inScores Scores of in-distribution examples, `[n]`, larger for more anomalous; at least one, without NaN.
 * @param outScores Scores of out-of-distribution examples, likewise.
 * @param options Which examples are classified correctly.
 * @returns A point for each distinct score, in ascending order, after one that rejects everything.
 * @throws {TypeError} When the scores are no arrays, or `correct` is of another length.
 * @throws {RangeError} When there are no scores, or one is NaN.
 */
export function rejectionCurve(
  inScores: ArrayLike<number>,
  outScores: ArrayLike<number>,
  options: RejectionCurveOptions = {},
): RejectionPoint[] {
  const action = "compute a rejection curve";
  const inside = readScores(action, "inScores", inScores);
  const outside = readScores(action, "outScores", outScores).sort();
  const { correct } = options;
  if (correct !== undefined && correct.length !== inside.length) {
    throw new TypeError(`Cannot ${action}: correct must be [${inside.length}] but found [${correct.length}]`);
  }
  const order = Uint32Array.from(inside, (_, i) => i).sort((a, b) => inside[a]! - inside[b]!);
  const thresholds = [Number.NEGATIVE_INFINITY, ...new Set([...inside, ...outside].sort((a, b) => a - b))];
  let accepted = 0;
  let right = 0;
  let admitted = 0;
  return thresholds.map((threshold, at) => {
    // The first point rejects everything, scores of -Infinity too.
    for (; at > 0 && accepted < order.length && inside[order[accepted]!]! <= threshold; accepted++) {
      if (correct?.[order[accepted]!]) right += 1;
    }
    while (at > 0 && admitted < outside.length && outside[admitted]! <= threshold) admitted += 1;
    return {
      threshold,
      coverage: accepted / inside.length,
      rejected: 1 - admitted / outside.length,
      ...(correct && { accuracy: right / accepted }),
    };
  });
}
