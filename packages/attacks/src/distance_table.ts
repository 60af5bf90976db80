import { checkDistances } from "./_check_distances.ts";
import type { AttackResult } from "./attack_result.ts";

/** A row of {@linkcode distanceTable}: what an attack found on the examples that were not adversarial to begin with. */
export interface DistanceRow {
  /** The name of the attack, or `"worst case"`. */
  readonly attack: string;
  /** How many examples were attacked. */
  readonly attacked: number;
  /** The share of the attacked examples on which the attack succeeded; NaN where none was attacked. */
  readonly successRate: number;
  /** The median distance over all attacked examples, Infinity where half of the attacks failed; NaN where none was attacked. */
  readonly median: number;
  /** The mean distance over the successes alone; NaN where there are none. */
  readonly mean: number;
  /** The mean number of forward passes of an attacked example. */
  readonly queries: number;
  /** The mean number of backward passes of an attacked example. */
  readonly gradients: number;
}

/**
 * Makes a table of the smallest perturbations that attacks found: success rate, median and mean distance, and what they cost.
 *
 * Examples that are misclassified to begin with are left out. The last row, `"worst case"`, takes for each example the closest of all attacks, and
 * the sum of their costs: it is the estimate of robustness, a row of one attack is an estimate of the attack. Distances of different norms do not
 * go into one table.
 *
 * @example Usage
 * ```ts
 * import { deepFool, distanceTable, epsilonSearch } from "@jem-js/attacks";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.6, 0.4], [0.9, 0.3], [0.1, 0.8]]);
 * const labels = [0, 0, 0]; // the last is misclassified
 * const table = distanceTable({
 *   DeepFool: await deepFool(model, x, labels, { norm: "linf" }),
 *   PGD: await epsilonSearch(model, x, labels, { norm: "linf" }),
 * });
 * expect(table.map(({ attack }) => attack)).toEqual(["DeepFool", "PGD", "worst case"]);
 * expect(table[2]!.attacked).toBe(2);
 * expect(table[2]!.median).toBeCloseTo(0.2, 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.06705 | Carlini et al., On evaluating adversarial robustness}
 *
 * @param results For each attack, by its name, its result on the same examples.
 * @returns A row for each attack, and one for the worst case.
 * @throws {TypeError} When results are about different numbers of examples.
 * @throws {RangeError} When there are no results.
 */
export function distanceTable(
  results: Readonly<Record<string, Pick<AttackResult, "distances" | "queries" | "gradients">>>,
): DistanceRow[] {
  const named = Object.entries(results);
  const examples = checkDistances(
    "make a distance table",
    Object.fromEntries(named.map(([name, { distances }]) => [name, distances])),
  );
  const all = Array.from({ length: examples }, (_, i) => i);
  const worst = all.map((i) => Math.min(...named.map(([, { distances }]) => distances[i]!)));
  const attacked = all.filter((i) => worst[i]! > 0);
  const meanOf = (counts: ArrayLike<number>): number => average(attacked.map((i) => counts[i]!));

  function rowOf(attack: string, distances: ArrayLike<number>, queries: number, gradients: number): DistanceRow {
    const sorted = Float64Array.from(attacked, (i) => distances[i]!).sort();
    const successes = sorted.filter(Number.isFinite);
    return {
      attack,
      attacked: attacked.length,
      successRate: successes.length / attacked.length,
      median: (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2,
      mean: average(successes),
      queries,
      gradients,
    };
  }

  const rows = named.map(([name, { distances, queries, gradients }]) =>
    rowOf(name, distances, meanOf(queries), meanOf(gradients)),
  );
  const total = (cost: "queries" | "gradients"): number => rows.reduce((sum, row) => sum + row[cost], 0);
  return [...rows, rowOf("worst case", worst, total("queries"), total("gradients"))];
}

function average(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0) / values.length;
}
