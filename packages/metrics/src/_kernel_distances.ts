import { checkChoice, checkCount } from "./_check.ts";
import { multiplyTransposed } from "./_multiply.ts";
import { checkDimensions, type FeatureReader, readFeatures } from "./_read_features.ts";
import type { KernelDistanceOptions } from "./kernel_distance.ts";
import type { Matrix } from "./matrix.ts";

/** How many rows of features are in a block, at most. */
const BLOCK = 1024;

/** The two sets, in float64 a block at a time. */
export type Sets = readonly [first: FeatureReader, second: FeatureReader];

/** The rows `first, ..., last - 1` of one of the sets. */
interface Block {
  readonly side: 0 | 1;
  readonly first: number;
  readonly last: number;
}

/** Throws unless the sets and the options of their kernel distance are right. */
export function readSets(action: string, a: Matrix, b: Matrix, options: KernelDistanceOptions): Sets {
  checkChoice(action, "estimator", options.estimator ?? "unbiased", ["unbiased", "biased"]);
  checkCount(action, "degree", options.degree ?? 3);
  const sets = [readFeatures(action, "a", a, 2), readFeatures(action, "b", b, 2)] as const;
  checkDimensions(action, sets[0].dimension, sets[1].dimension);
  return sets;
}

/** The kernel distance of the whole sets. */
export function distanceOfSets(sets: Sets, options: KernelDistanceOptions): number {
  let distance = 0;
  forKernels(sets, options, (kernels, rows, columns) => {
    let sum = 0;
    for (let i = 0; i < kernels.length; i++) sum += kernels[i]!;
    distance += sum * weightOf(rows, columns, [sets[0].count, sets[1].count], options);
  });
  return distance;
}

/** The kernel distances of subsets, ascending indices of rows of either set, by the kernels of all pairs of rows. */
export function distancesOfSubsets(
  sets: Sets,
  subsets: readonly (readonly [Int32Array, Int32Array])[],
  options: KernelDistanceOptions,
): Float64Array {
  const distances = new Float64Array(subsets.length);
  forKernels(sets, options, (kernels, rows, columns) => {
    const width = columns.last - columns.first;
    for (let s = 0; s < subsets.length; s++) {
      const chosen = within(subsets[s]![columns.side], columns);
      let sum = 0;
      for (const i of within(subsets[s]![rows.side], rows)) {
        const start = (i - rows.first) * width - columns.first;
        for (let k = 0; k < chosen.length; k++) sum += kernels[start + chosen[k]!]!;
      }
      const counts = [subsets[s]![0].length, subsets[s]![1].length] as const;
      distances[s]! += sum * weightOf(rows, columns, counts, options);
    }
  });
  return distances;
}

/**
 * Calls `visit` with the kernels of all pairs of rows of both sets, a block at a time. Of the blocks that are each other's
 * transpose there is only one. The kernel of a row with itself is 0 there unless the estimator counts it.
 */
function forKernels(
  sets: Sets,
  { estimator, degree = 3, matmul }: KernelDistanceOptions,
  visit: (kernels: Float64Array, rows: Block, columns: Block) => void,
): void {
  const d = sets[0].dimension;
  const blocks = ([0, 1] as const).flatMap((side) => blocksOf(side, sets[side].count));
  const size = d * Math.min(BLOCK, Math.max(sets[0].count, sets[1].count));
  const columnBuffer = new Float64Array(size);
  const rowBuffer = new Float64Array(size);
  const transposed = new Float64Array(matmul ? size : 0);
  for (const [last, columns] of blocks.entries()) {
    const y = read(sets, columns, columnBuffer);
    const n = y.length / d;
    for (const rows of blocks.slice(0, last + 1)) {
      const isDiagonal = rows === columns;
      const x = isDiagonal ? y : read(sets, rows, rowBuffer);
      const m = x.length / d;
      const kernels = multiplyTransposed(x, y, [m, d, n], matmul, transposed, isDiagonal);
      for (let i = 0; i < m; i++) {
        for (let j = isDiagonal ? i : 0; j < n; j++) {
          const base = kernels[i * n + j]! / d + 1;
          const kernel = degree === 3 ? base * base * base : base ** degree;
          kernels[i * n + j] = kernel;
          if (isDiagonal) kernels[j * n + i] = kernel;
        }
        if (isDiagonal && estimator !== "biased") kernels[i * n + i] = 0;
      }
      visit(kernels, rows, columns);
    }
  }
}

/** What a kernel of a block counts in a distance of sets of `counts` rows. */
function weightOf(
  rows: Block,
  columns: Block,
  counts: readonly [number, number],
  { estimator }: KernelDistanceOptions,
): number {
  if (rows.side !== columns.side) return -2 / (counts[0] * counts[1]);
  const n = counts[rows.side];
  return (rows === columns ? 1 : 2) / (n * (estimator === "biased" ? n : n - 1));
}

/** Blocks of nearly equal size. */
function blocksOf(side: 0 | 1, count: number): Block[] {
  const parts = Math.ceil(count / BLOCK);
  return Array.from({ length: parts }, (_, i) => ({
    side,
    first: Math.floor((i * count) / parts),
    last: Math.floor(((i + 1) * count) / parts),
  }));
}

function read(sets: Sets, { side, first, last }: Block, buffer: Float64Array): Float64Array {
  sets[side].read(buffer, first, last);
  return buffer.subarray(0, (last - first) * sets[side].dimension);
}

/** Those of ascending indices that are of the block. */
function within(indices: Int32Array, { first, last }: Block): Int32Array {
  return indices.subarray(lowerBound(indices, first), lowerBound(indices, last));
}

/** How many of ascending indices are below `bound`. */
function lowerBound(indices: Int32Array, bound: number): number {
  let low = 0;
  let high = indices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (indices[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
