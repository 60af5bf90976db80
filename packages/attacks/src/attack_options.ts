import type { Key } from "@jem-js/random";

/** The norm of a perturbation over all elements of one example: the largest magnitude, the Euclidean length, the sum of magnitudes. */
export type Norm = "linf" | "l2" | "l1";

/** What distances are measured in: a norm, or `"l0"`, the number of elements that differ. */
export type DistanceNorm = Norm | "l0";

/**
 * The loss that an attack raises, for logits `z`, sorted as `z(1) >= z(2) >= ...`, and label `y`:
 *
 * - `"crossEntropy"`: `log sum_c exp z[c] - z[y]`;
 * - `"margin"`: `max over c != y of z[c] - z[y]`, positive exactly when the example is misclassified; of a criterion, its margin;
 * - `"dlr"`: the margin over `z(1) - z(3)`, or `z(1) - (z(3) + z(4)) / 2` for a class to reach, whatever the scale of the logits; just
 *   the margin where there are too few classes for it.
 *
 * Gradients of the cross-entropy underflow where logits are large; the others do not.
 */
export type AttackLoss = "crossEntropy" | "margin" | "dlr";

/** What all attacks that search a ball of fixed radius have in common. */
export interface AttackOptions {
  /** The norm of the ball. */
  readonly norm: Norm;
  /** The radius of the ball, or one for each example; at least 0, in the units of `x`. */
  readonly epsilon: number | ArrayLike<number>;
  /** Whether labels are the classes to reach instead of those to leave. @default {false} */
  readonly targeted?: boolean;
  /** The loss to raise; with classes to reach, to lower. @default {"crossEntropy"} */
  readonly loss?: AttackLoss;
  /** The smallest and the largest value of an input. @default {those of the model, or [0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
  /**
   * The key of a random start, uniform in the ball, then clipped to `bounds`: a key for each example, or one of which example `i`
   * of the batch gets `foldIn(key, i)`. @default {the attack starts at x}
   */
  readonly key?: Key | readonly Key[];
}
