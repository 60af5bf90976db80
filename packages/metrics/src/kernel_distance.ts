import { type Key, permutationValues, split } from "@jem-js/random";
import { checkChoice, checkCount } from "./_check.ts";
import { innerProducts } from "./_gram.ts";
import { checkDimensions, readFeatures } from "./_read_features.ts";
import type { MatMul } from "./matmul.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode kernelDistance}. */
export interface KernelDistanceOptions {
  /** `"unbiased"` leaves pairs of an example with itself out and can be negative; `"biased"` cannot. @default {"unbiased"} */
  readonly estimator?: "unbiased" | "biased";
  /** The degree of the kernel `(x·y / dimension + 1)^degree`. @default {3} */
  readonly degree?: number;
  /** A float64 matrix product to use instead of our own. @default {undefined} */
  readonly matmul?: MatMul | undefined;
}

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
 * The kernel distance of two sets of features (KID, when they are those of the Inception network): the squared maximum
 * mean discrepancy with the kernel `(x·y / dimension + 1)^3`. Unlike the Fréchet distance it is not biased.
 *
 * @example Usage
 * ```ts
 * import { kernelDistance } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(kernelDistance([[0], [0]], [[1], [1]])).toBe(1 + 8 - 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1801.01401 | Bińkowski et al., Demystifying MMD GANs, §4}
 *
 * @param a Features, one row an example, `[n, dimension]`, finite, `n` at least 2.
 * @param b Features of the other set, of the same dimension.
 * @param options The estimator and an accelerator.
 * @returns The squared discrepancy of the full sets.
 * @throws {TypeError} When a set is no matrix, dimensions differ, or `estimator` is unknown.
 * @throws {RangeError} When there are fewer than two rows, one is not finite, or `degree` is not a positive integer.
 */
export function kernelDistance(a: Matrix, b: Matrix, options: KernelDistanceOptions = {}): number {
  const { estimator = "unbiased", degree = 3, matmul } = options;
  const action = "compute the kernel distance";
  checkChoice(action, "estimator", estimator, ["unbiased", "biased"]);
  checkCount(action, "degree", degree);
  const first = readFeatures(action, "a", a, 2);
  const second = readFeatures(action, "b", b, 2);
  const d = first.dimension;
  checkDimensions(action, d, second.dimension);
  const n = [first.count, second.count] as const;
  const readers = [first, second] as const;
  const isBiased = estimator === "biased";
  // Blocks of rows, so that large sets do not need all their inner products at once.
  const block = 1024;
  const within = (side: 0 | 1): number => {
    let sum = 0;
    for (let i = 0; i < n[side]; i += block) {
      const x = blockOf(readers[side], i, block);
      for (let j = i; j < n[side]; j += block) {
        const y = i === j ? x : blockOf(readers[side], j, block);
        sum += sumOfKernels(x, y, d, degree, matmul, isBiased) * (i === j ? 1 : 2);
      }
    }
    return sum / (isBiased ? n[side] ** 2 : n[side] * (n[side] - 1));
  };
  let between = 0;
  for (let i = 0; i < n[0]; i += block) {
    const x = blockOf(first, i, block);
    for (let j = 0; j < n[1]; j += block)
      between += sumOfKernels(x, blockOf(second, j, block), d, degree, matmul, true);
  }
  return within(0) + within(1) - (2 * between) / (n[0] * n[1]);
}

/**
 * Kernel distances of random subsets, as KID is usually reported: mean and standard deviation over 100 pairs of subsets
 * of 1000.
 *
 * @example Usage
 * ```ts
 * import { kernelDistanceSubsets } from "@jem-js/metrics";
 * import { key, normalValues } from "@jem-js/random";
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
  const { key, subsets = 100, ...rest } = options;
  const first = readFeatures(action, "a", a, 2);
  const second = readFeatures(action, "b", b, 2);
  const smaller = Math.min(first.count, second.count);
  const { subsetSize = Math.min(1000, smaller) } = options;
  checkCount(action, "subsets", subsets);
  checkCount(action, "subsetSize", subsetSize, 2);
  if (subsetSize > smaller) {
    throw new RangeError(`Cannot ${action}: subsetSize must be at most ${smaller} but found ${subsetSize}`);
  }
  checkDimensions(action, first.dimension, second.dimension);
  checkChoice(action, "estimator", rest.estimator ?? "unbiased", ["unbiased", "biased"]);
  checkCount(action, "degree", rest.degree ?? 3);
  const keys = split(key, 2 * subsets);
  const drawn = keys.map((child, k) =>
    permutationValues(child, (k % 2 === 0 ? first : second).count).subarray(0, subsetSize),
  );
  // Subsets of small sets share most of their pairs: the kernel of all pairs is then the smaller work.
  const isShared = first.count + second.count < 2 * subsetSize * Math.sqrt(subsets);
  const subset = (reader: typeof first, k: number): Matrix => {
    const data = new Float64Array(subsetSize * reader.dimension);
    reader.read(data, 0, subsetSize, drawn[k]!);
    return { data, shape: [subsetSize, reader.dimension] };
  };
  const distances = isShared
    ? sharedDistances(first, second, drawn, rest)
    : Float64Array.from({ length: subsets }, (_, i) =>
        kernelDistance(subset(first, 2 * i), subset(second, 2 * i + 1), rest),
      );
  const mean = distances.reduce((sum, value) => sum + value, 0) / subsets;
  const std = Math.sqrt(distances.reduce((sum, value) => sum + (value - mean) ** 2, 0) / subsets);
  return { mean, std, distances, subsetSize };
}

/** The distances of pairs of subsets, rows `drawn[2 * i]` of `first` and `drawn[2 * i + 1]` of `second`, by the kernel of all pairs of rows. */
function sharedDistances(
  first: ReturnType<typeof readFeatures>,
  second: ReturnType<typeof readFeatures>,
  drawn: readonly Int32Array[],
  { estimator = "unbiased", degree = 3, matmul }: KernelDistanceOptions,
): Float64Array {
  const distances = new Float64Array(drawn.length / 2);
  const size = drawn[0]!.length;
  const isBiased = estimator === "biased";
  const d = first.dimension;
  // The contribution of one block of rows and all columns at a time: all pairs are never in memory at once.
  const add = (rows: typeof first, columns: typeof first, side: readonly [0 | 1, 0 | 1], weight: number): void => {
    const isOne = rows === columns;
    const all = blockOf(columns, 0, columns.count);
    for (let start = 0; start < rows.count; start += 256) {
      const x = blockOf(rows, start, 256);
      const m = x.length / d;
      // Below a diagonal block nothing is computed: each of those pairs is met in another block, and counts twice.
      const left = isOne ? start : 0;
      const width = columns.count - left;
      const kernels = Float64Array.from(innerProducts(x, all.subarray(left * d), m, width, d, matmul));
      for (let k = 0; k < kernels.length; k++) kernels[k] = kernelOf(kernels[k]!, d, degree);
      for (let pair = 0; pair < distances.length; pair++) {
        const chosen = drawn[2 * pair + side[1]]!;
        let sum = 0;
        for (const i of drawn[2 * pair + side[0]]!) {
          if (i < start || i >= start + m) continue;
          const row = (i - start) * width - left;
          for (const j of chosen) {
            if (!isOne) sum += kernels[row + j]!;
            else if (j > i) sum += 2 * kernels[row + j]!;
            else if (j === i && isBiased) sum += kernels[row + j]!;
          }
        }
        distances[pair]! += weight * sum;
      }
    }
  };
  const within = 1 / (isBiased ? size ** 2 : size * (size - 1));
  add(first, first, [0, 0], within);
  add(second, second, [1, 1], within);
  add(first, second, [0, 1], -2 / size ** 2);
  return distances;
}

function kernelOf(product: number, d: number, degree: number): number {
  const base = product / d + 1;
  return degree === 3 ? base * base * base : base ** degree;
}

function blockOf(reader: ReturnType<typeof readFeatures>, first: number, size: number): Float64Array {
  const last = Math.min(reader.count, first + size);
  const data = new Float64Array((last - first) * reader.dimension);
  reader.read(data, first, last);
  return data;
}

/** The sum of the kernel over all pairs of rows; of one block with itself by its upper triangle. */
function sumOfKernels(
  x: Float64Array,
  y: Float64Array,
  d: number,
  degree: number,
  matmul: MatMul | undefined,
  withDiagonal: boolean,
): number {
  const m = x.length / d;
  const n = y.length / d;
  const products = innerProducts(x, y, m, n, d, matmul);
  const kernel = (product: number): number => kernelOf(product, d, degree);
  let sum = 0;
  for (let i = 0; i < m; i++) {
    let row = 0;
    for (let j = x === y ? i + 1 : 0; j < n; j++) row += kernel(products[i * n + j]!);
    if (x === y) row = 2 * row + (withDiagonal ? kernel(products[i * n + i]!) : 0);
    sum += row;
  }
  return sum;
}
