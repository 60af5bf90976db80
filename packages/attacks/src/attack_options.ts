import type { Key } from "@jem-js/random";

/** The norm of a perturbation, over all elements of one example: the largest magnitude, or the Euclidean length. */
export type Norm = "linf" | "l2";

/**
 * The loss that an attack raises, for logits `z` and label `y`: `"crossEntropy"` is `log sum_c exp z[c] - z[y]`;
 * `"margin"` is `max over c != y of z[c] - z[y]`, positive exactly when the example is misclassified.
 */
export type AttackLoss = "crossEntropy" | "margin";

/** What all attacks that search a ball of fixed radius have in common. */
export interface AttackOptions {
  /** The norm of the ball. */
  readonly norm: Norm;
  /** The radius of the ball, at least 0, in the units of `x`. */
  readonly epsilon: number;
  /** Whether the labels are the classes to reach instead of those to leave. @default {false} */
  readonly targeted?: boolean;
  /** The loss to raise; with `targeted`, to lower. @default {"crossEntropy"} */
  readonly loss?: AttackLoss;
  /** The smallest and the largest value of an input. @default {[0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
  /**
   * The key of a random start: uniform in the ball, then clipped to `bounds`. Example `i` of the batch draws from
   * `foldIn(key, i)`. @default {the attack starts at x}
   */
  readonly key?: Key;
}
