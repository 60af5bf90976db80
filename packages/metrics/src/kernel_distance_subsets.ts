import { type Key, permutationValues, split } from "@jem-js/random/values";
import { checkCount } from "./_check.ts";
import { distanceOfSets, distancesOfSubsets, readSets } from "./_kernel_distances.ts";
import { selectRows } from "./_read_features.ts";
import type { KernelDistanceOptions } from "./kernel_distance.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode kernelDistanceSubsets}. */
export interface KernelDistanceSubsetsOptions extends KernelDistanceOptions {
  /** The key that the random subsets come from. */
  readonly key: Key;
  /** How many pairs of subsets to draw. @default {100} */
  readonly subsets?: number;
  /** How many examples a subset has, drawn without replacement. @default {1000, or the size of the smaller set} */
  readonly subsetSize?: number;
}

/** Kernel distances of pairs of subsets. */
export interface KernelDistances {
  /** Their mean. */
  readonly mean: number;
  /** Their population standard deviation. */
  readonly std: number;
  /** The distance of each pair. */
  readonly distances: Float64Array;
  /** The number of examples in a subset. */
  readonly subsetSize: number;
}

/**
 * Kernel distances of random subsets, as KID is usually reported: mean and standard deviation over 100 pairs of subsets
 * of 1000.
 *
 * @example Usage
 * ```ts
 * import { kernelDistanceSubsets } from "@jem-js/metrics";
 * import { key, normalValues } from "@jem-js/random/values";
 * import { expect } from "vitest";
 *
 * const a = { data: normalValues(key(1), 400), shape: [200, 2] } as const;
 * const b = { data: normalValues(key(2), 400), shape: [200, 2] } as const;
 * const { mean, distances } = kernelDistanceSubsets(a, b, { key: key(0), subsets: 20, subsetSize: 50 });
 * expect(distances).toHaveLength(20);
 * expect(Math.abs(mean)).toBeLessThan(0.3);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1801.01401 | Bińkowski et al., Demystifying MMD GANs, §4}
 *
 * @param a Features, one row an example, `[n, dimension]`, finite, `n` at least 2.
 * @param b Features of the other set, of the same dimension.
 * @param options The key, the subsets, and those of {@linkcode kernelDistance}.
 * @returns The distances, their mean and standard deviation.
 * @throws {TypeError} When a set is no matrix, dimensions differ, or `estimator` is unknown.
 * @throws {RangeError} When a feature is not finite, or an option is out of range.
 */
export function kernelDistanceSubsets(a: Matrix, b: Matrix, options: KernelDistanceSubsetsOptions): KernelDistances {
  const action = "compute the kernel distance";
  const sets = readSets(action, a, b, options);
  const smaller = Math.min(sets[0].count, sets[1].count);
  const { key, subsets: count = 100, subsetSize = Math.min(1000, smaller) } = options;
  checkCount(action, "subsets", count);
  checkCount(action, "subsetSize", subsetSize, 2);
  if (subsetSize > smaller) {
    throw new RangeError(`Cannot ${action}: subsetSize must be at most ${smaller} but found ${subsetSize}`);
  }
  const keys = split(key, 2 * count);
  const draw = (side: 0 | 1, i: number): Int32Array =>
    permutationValues(keys[2 * i + side]!, sets[side].count)
      .slice(0, subsetSize)
      .sort();
  const subsets = Array.from({ length: count }, (_, i) => [draw(0, i), draw(1, i)] as const);
  // Subsets of small sets share most of their pairs: the kernels of all pairs are then fewer.
  const isShared = (sets[0].count + sets[1].count) ** 2 < count * (2 * subsetSize) ** 2;
  const distances = isShared
    ? distancesOfSubsets(sets, subsets, options)
    : Float64Array.from(subsets, ([first, second]) =>
        distanceOfSets([selectRows(sets[0], first), selectRows(sets[1], second)], options),
      );
  const mean = distances.reduce((sum, value) => sum + value, 0) / count;
  const std = Math.sqrt(distances.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  return { mean, std, distances, subsetSize };
}
