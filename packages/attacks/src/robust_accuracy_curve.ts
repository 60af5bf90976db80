import { checkEpsilon } from "./_check.ts";
import { checkDistances } from "./_check_distances.ts";
import { wilson } from "./_wilson.ts";
import type { Interval, IntervalMethod } from "./interval.ts";

/** Options of {@linkcode robustAccuracyCurve}. */
export interface RobustAccuracyCurveOptions {
  /** The radii, each at least 0, in any order. */
  readonly epsilons: readonly number[];
  /** The confidence of the intervals, above 0 and below 1. @default {0.95} */
  readonly confidence?: number;
  /** How the intervals are computed. @default {Wilson's score interval} */
  readonly interval?: IntervalMethod;
}

/** Accuracy against radius. */
export interface RobustnessCurve {
  /** The radii, in the order in which they were given. */
  readonly epsilons: readonly number[];
  /** The share of examples that are classified correctly without an attack and under those of all radii up to this one. */
  readonly accuracies: readonly number[];
  /** An interval of confidence of each accuracy, for other examples of the same kind. */
  readonly intervals: readonly Interval[];
  /** The share of examples that are classified correctly without an attack. */
  readonly cleanAccuracy: number;
  /** For each example the smallest distance or radius at which it is misclassified: 0 without an attack, Infinity if at none. */
  readonly smallestEpsilons: Float64Array;
  /** For each example the name of the attack that found it; nothing where none did, and `"clean"` where none was needed. */
  readonly brokenBy: readonly (string | undefined)[];
}

/**
 * Makes of the distances that attacks found a curve of accuracy against radius, in which each example meets the attack that is worst for it.
 *
 * `accuracy(epsilon) = mean over i of [min over attacks of distance_i > epsilon]`, with a distance of 0 where an example is misclassified to begin
 * with and Infinity where an attack failed, as the `distances` of an `AttackResult` are. The mean of the worst cases, never the worst of
 * the means; it cannot rise. The curve is an upper bound of the truth.
 *
 * @example Usage
 * ```ts
 * import { robustAccuracyCurve } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const curve = robustAccuracyCurve({ pgd: [0.2, 0.5, 0], boundary: [0.3, 0.4, 0] }, { epsilons: [0, 0.25, 0.45] });
 * expect(curve.accuracies).toEqual([2 / 3, 1 / 3, 0]);
 * expect(curve.brokenBy).toEqual(["pgd", "boundary", "clean"]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.06705 | Carlini et al., On evaluating adversarial robustness}
 *
 * @param distances For each attack, by its name, the distances of all examples, `[examples]` each: at least 0, or Infinity.
 * @param options The radii and the intervals.
 * @returns The curve, of plain numbers and arrays.
 * @throws {TypeError} When attacks are about different numbers of examples.
 * @throws {RangeError} When there are no attacks, examples or radii, a radius is negative or not finite, a distance negative or NaN, or `confidence`
 * not above 0 and below 1.
 */
export function robustAccuracyCurve(
  distances: Readonly<Record<string, ArrayLike<number>>>,
  options: RobustAccuracyCurveOptions,
): RobustnessCurve {
  const { epsilons, confidence = 0.95, interval = wilson } = options;
  const action = "make a robust accuracy curve";
  const examples = checkDistances(action, distances);
  if (epsilons.length === 0) throw new RangeError(`Cannot ${action}: epsilons must hold a radius but found none`);
  for (const epsilon of epsilons) checkEpsilon(action, epsilon);
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`Cannot ${action}: confidence must be above 0 and below 1 but found ${confidence}`);
  }
  const smallestEpsilons = new Float64Array(examples).fill(Number.POSITIVE_INFINITY);
  const brokenBy = Array.from({ length: examples }, (): string | undefined => undefined);
  for (const [name, found] of Object.entries(distances)) {
    for (let i = 0; i < examples; i++) {
      if (!(found[i]! < smallestEpsilons[i]!)) continue;
      smallestEpsilons[i] = found[i]!;
      brokenBy[i] = found[i] === 0 ? "clean" : name;
    }
  }
  const standingAt = (epsilon: number): number => smallestEpsilons.filter((smallest) => smallest > epsilon).length;
  return {
    epsilons: [...epsilons],
    accuracies: epsilons.map((epsilon) => standingAt(epsilon) / examples),
    intervals: epsilons.map((epsilon) => interval(standingAt(epsilon), examples, confidence)),
    cleanAccuracy: standingAt(0) / examples,
    smallestEpsilons,
    brokenBy,
  };
}
