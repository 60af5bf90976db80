import { checkLabels } from "./_check.ts";
import { readProbabilities } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";

/** A fitted isotonic map. */
export interface IsotonicScaling {
  /** For each class, the probabilities where its map bends, ascending, and its values there, which never decrease. */
  readonly maps: readonly { readonly from: Float64Array; readonly to: Float64Array }[];
  /** Maps probabilities `[n, classes]` to calibrated ones that sum to 1, `n` rows owned by the caller. */
  transform(probabilities: Matrix): Float64Array[];
}

/**
 * Fits, for each class, the non-decreasing map of its probability that forecasts the class with the least squared error,
 * by pooling adjacent violators; between fitted points it is a line, outside of them constant. Rows are then divided by
 * their sum; a row of zeros becomes uniform.
 *
 * It always ends, in O(n log n) a class. A class that does not occur is mapped to 0. Unlike a temperature it can change
 * predictions, and needs many held-out examples.
 *
 * @example Usage
 * ```ts
 * import { isotonicScaling } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const probabilities = [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]];
 * const { transform } = isotonicScaling(probabilities, [0, 1, 1, 1]);
 * expect([...transform([[0.9, 0.1]])[0]!]).toEqual([0.5, 0.5]);
 * ```
 *
 * @see {@link https://doi.org/10.1145/775047.775151 | Zadrozny and Elkan, Transforming classifier scores into accurate multiclass probability estimates}
 *
 * @param probabilities One row a held-out example, `[n, classes]`, in [0, 1]; rows sum to 1 within 1e-3.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @returns The maps and what applies them.
 * @throws {TypeError} When the rows or labels are no arrays, or their lengths do not fit.
 * @throws {RangeError} When there is no row, there are fewer than two classes, a row is no distribution, or a label is
 * outside `[0, classes)`.
 */
export function isotonicScaling(probabilities: Matrix, labels: ArrayLike<number>): IsotonicScaling {
  const action = "fit isotonic maps";
  const { data, count, classes } = readProbabilities(action, probabilities);
  checkLabels(action, labels, count, classes);
  const maps = Array.from({ length: classes }, (_, k) => {
    const column = Float64Array.from({ length: count }, (_, i) => data[i * classes + k]!);
    return poolViolators(column, (i) => (labels[i] === k ? 1 : 0));
  });
  return {
    maps,
    transform(other) {
      const matrix = readProbabilities("apply isotonic maps", other);
      if (matrix.classes !== classes) {
        throw new TypeError(
          `Cannot apply isotonic maps: probabilities must have ${classes} classes but found ${matrix.classes}`,
        );
      }
      return Array.from({ length: matrix.count }, (_, i) => {
        const row = Float64Array.from(maps, ({ from, to }, k) => interpolate(from, to, matrix.data[i * classes + k]!));
        const sum = row.reduce((a, b) => a + b, 0);
        return sum > 0 ? row.map((p) => p / sum) : row.fill(1 / classes);
      });
    },
  };
}

function poolViolators(x: Float64Array, y: (i: number) => number): { from: Float64Array; to: Float64Array } {
  const order = Uint32Array.from(x, (_, i) => i).sort((i, j) => x[i]! - x[j]!);
  const blocks: { first: number; last: number; weight: number; mean: number }[] = [];
  for (let k = 0; k < order.length; ) {
    const at = x[order[k]!]!;
    let weight = 0;
    let sum = 0;
    for (; k < order.length && x[order[k]!] === at; k++) {
      weight += 1;
      sum += y(order[k]!);
    }
    let block = { first: at, last: at, weight, mean: sum / weight };
    while (blocks.length > 0 && blocks.at(-1)!.mean >= block.mean) {
      const before = blocks.pop()!;
      const total = before.weight + block.weight;
      const mean = (before.mean * before.weight + block.mean * block.weight) / total;
      block = { first: before.first, last: block.last, weight: total, mean };
    }
    blocks.push(block);
  }
  const points = blocks.flatMap(({ first, last, mean }) =>
    first === last ? [[first, mean] as const] : [[first, mean] as const, [last, mean] as const],
  );
  return { from: Float64Array.from(points, (point) => point[0]), to: Float64Array.from(points, (point) => point[1]) };
}

function interpolate(from: Float64Array, to: Float64Array, x: number): number {
  let low = 0;
  let high = from.length - 1;
  if (x <= from[0]!) return to[0]!;
  if (x >= from[high]!) return to[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle]! <= x) low = middle;
    else high = middle;
  }
  return to[low]! + ((x - from[low]!) / (from[high]! - from[low]!)) * (to[high]! - to[low]!);
}
