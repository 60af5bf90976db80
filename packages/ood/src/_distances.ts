import { engine, getBackend, getKernel, type NamedAttrMap } from "@tensorflow/tfjs-core";

/** What rows are compared to. */
export interface Centres {
  /** How long a row is. */
  readonly width: number;
  /** The centres, row-major `[count, width]`. */
  readonly centres: Float64Array;
  /** A lower triangular `l`, `[width, width]`: rows are first multiplied by its inverse, by solving for them. */
  readonly factor?: Float64Array;
}

/** `|| l^-1 x_i - c_j ||^2` of host arrays: a kernel that a backend may have, as `@jem-js/native` does, on all threads. */
const KERNEL = "SquaredDistances";

/** How many rows go through a factor and the centres together: what is read of those serves all of them. */
const ROWS = 4;

/** `|| l^-1 x_i - c_j ||^2` of rows `x`, `[rows, width]`, and centres `c`: row-major `[rows, count]`, in float64. */
export function squaredDistances(x: Float64Array, to: Centres): Float64Array {
  const { width, centres } = to;
  const distances = new Float64Array((x.length / width) * (centres.length / width));
  if (distances.length === 0) return distances;
  if (getKernel(KERNEL, getBackend())) {
    engine().runKernel(KERNEL, {}, { x, ...to, distances } as unknown as NamedAttrMap);
  } else distancesOnHost(x, to, distances);
  return distances;
}

/** The same, written to `distances`, on the one thread of the host. */
export function distancesOnHost(x: Float64Array, { width, centres, factor }: Centres, distances: Float64Array): void {
  const rows = x.length / width;
  const count = centres.length / width;
  // Interleaved: entry k of each of the rows, then entry k + 1.
  const block = new Float64Array(ROWS * width);
  for (let first = 0; first < rows; first += ROWS) {
    const some = Math.min(ROWS, rows - first);
    for (let r = 0; r < some; r++) {
      for (let k = 0, from = (first + r) * width; k < width; k++) block[k * ROWS + r] = x[from + k]!;
    }
    if (factor) solveBlock(factor, width, block);
    for (let j = 0; j < count; j++) {
      const sums = distancesTo(block, centres, j * width, width);
      for (let r = 0; r < some; r++) distances[(first + r) * count + j] = sums[r]!;
    }
  }
}

/** `l^-1` times a block of rows, in its place. */
function solveBlock(l: Float64Array, width: number, block: Float64Array): void {
  for (let i = 0; i < width; i++) {
    const row = i * width;
    const to = i * ROWS;
    let s0 = block[to]!;
    let s1 = block[to + 1]!;
    let s2 = block[to + 2]!;
    let s3 = block[to + 3]!;
    for (let k = 0, at = 0; k < i; k++, at += ROWS) {
      const entry = l[row + k]!;
      s0 -= entry * block[at]!;
      s1 -= entry * block[at + 1]!;
      s2 -= entry * block[at + 2]!;
      s3 -= entry * block[at + 3]!;
    }
    const pivot = l[row + i]!;
    block[to] = s0 / pivot;
    block[to + 1] = s1 / pivot;
    block[to + 2] = s2 / pivot;
    block[to + 3] = s3 / pivot;
  }
}

const found: Float64Array = new Float64Array(ROWS);

/** The squared distances of a block of rows to one centre, in an array that the next call uses again. */
function distancesTo(block: Float64Array, centres: Float64Array, from: number, width: number): Float64Array {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let k = 0, at = 0; k < width; k++, at += ROWS) {
    const centre = centres[from + k]!;
    const d0 = block[at]! - centre;
    const d1 = block[at + 1]! - centre;
    const d2 = block[at + 2]! - centre;
    const d3 = block[at + 3]! - centre;
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  found[0] = s0;
  found[1] = s1;
  found[2] = s2;
  found[3] = s3;
  return found;
}
