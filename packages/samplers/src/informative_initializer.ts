import { type Key, normalValues, randintValues, split } from "@jem-js/random";
import { checkIndices, checkInteger, checkNotNegative, checkRange, checkShape } from "./_check.ts";
import type { Initializer } from "./initializer.ts";
import { type ShrunkCovarianceOptions, shrunkCovariance } from "./shrunk_covariance.ts";

/** Options of {@linkcode informativeInitializer}. */
export interface InformativeInitializerOptions extends ShrunkCovarianceOptions {
  /** How many classes there are; each must have an example. */
  readonly classes: number;
  /** What is added to the diagonal of the covariances, at least 0. JEM++'s is 1e-4. @default {1e-4} */
  readonly jitter?: number;
  /** Bounds that starts are clipped to; `undefined` for none. JEM++'s are [-1, 1]. @default {[-1, 1]} */
  readonly clamp?: readonly [min: number, max: number] | undefined;
}

/**
 * The informative initialisation of JEM++: chains start from a Gaussian of their class, `N(mean_c, Sigma_c)`, fitted to
 * training data with a shrunk covariance, and clipped. Without a class they start from a random one.
 *
 * Everything is float64 on the host: fitting takes `examples * dimensions^2 / 2` products and a Cholesky factor a class
 * (`dimensions^3 / 6`), a start `dimensions^2 / 2`; each factor holds `4 dimensions^2` bytes. For images of 784 values a
 * few hundred examples a class are enough for the shrunk estimate and fit in seconds.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { informativeInitializer, replayBuffer } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const data = [-0.5, -0.4, -0.6, 0.5, 0.4, 0.6]; // six examples of one value
 * const initializer = informativeInitializer(data, [0, 0, 0, 1, 1, 1], { classes: 2 });
 * const buffer = replayBuffer({ key: key(0), size: 10, shape: [1], classes: 2, initializer });
 * expect(Math.max(...buffer.values.subarray(0, 5))).toBeLessThan(0);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2109.09032 | Yang and Ji, JEM++, §3.3}
 *
 * @param data The examples, row-major `[examples, ...input]`, such as pixels in [-1, 1].
 * @param labels The class of each example, `[examples]`.
 * @param options The classes and the estimator.
 * @returns The initialiser, for `replayBuffer`.
 * @throws {TypeError} When the data are no rows.
 * @throws {RangeError} When a label is no class, a class has no example, a value is not finite, or a covariance is singular
 * (without jitter and shrinkage).
 */
export function informativeInitializer(
  data: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: InformativeInitializerOptions,
): Initializer {
  const action = "create informative initializer";
  const { classes, jitter = 1e-4 } = options;
  const clamp = "clamp" in options ? options.clamp : ([-1, 1] as const);
  checkInteger(action, "classes", classes, 1);
  checkIndices(action, "labels", labels, classes);
  checkNotNegative(action, "jitter", jitter);
  if (clamp) checkRange(action, "clamp", clamp);
  const dimensions = Math.max(1, Math.floor(data.length / Math.max(1, labels.length)));
  checkShape(action, "data", [data.length], [labels.length * dimensions]);
  const gaussians = Array.from({ length: classes }, (_, label) => {
    const rows = rowsOf(data, labels, dimensions, label);
    if (rows.length === 0)
      throw new RangeError(`Cannot ${action}: class ${label} must have an example but found 0 of ${labels.length}`);
    const { mean, covariance } = shrunkCovariance(rows, dimensions, options);
    for (let j = 0; j < dimensions; j++) covariance[j * dimensions + j]! += jitter;
    return { mean, factor: choleskyFactor(action, covariance, dimensions) };
  });

  return (key, count, given) => {
    const [labelKey, noiseKey] = split(key) as [Key, Key];
    const chosen = given ?? randintValues(labelKey, count, { max: classes });
    checkIndices("start chains", "labels", chosen, classes);
    const noise = normalValues(noiseKey, count * dimensions);
    const starts = new Float32Array(count * dimensions);
    for (let i = 0; i < count; i++) {
      const { mean, factor } = gaussians[chosen[i]!]!;
      for (let j = 0, at = 0; j < dimensions; j++) {
        let value = mean[j]!;
        for (let k = 0; k <= j; k++, at++) value += factor[at]! * noise[i * dimensions + k]!;
        starts[i * dimensions + j] = clamp ? Math.min(clamp[1], Math.max(clamp[0], value)) : value;
      }
    }
    return starts;
  };
}

function rowsOf(data: ArrayLike<number>, labels: ArrayLike<number>, dimensions: number, label: number): Float64Array {
  const members = Array.from(labels, (y, i) => (y === label ? i : -1)).filter((i) => i >= 0);
  const rows = new Float64Array(members.length * dimensions);
  members.forEach((member, row) => {
    for (let j = 0; j < dimensions; j++) rows[row * dimensions + j] = data[member * dimensions + j]!;
  });
  return rows;
}

function notDefinite(j: number, pivot: number): string {
  return `a covariance must be positive definite but found the pivot ${pivot} at ${j}: give jitter or shrinkage`;
}

/** The lower triangle `L` of `matrix = L L^T`, row by row. */
function choleskyFactor(action: string, matrix: Float64Array, p: number): Float64Array {
  const factor = new Float64Array((p * (p + 1)) / 2);
  for (let j = 0, row = 0; j < p; row += ++j) {
    for (let k = 0, column = 0; k <= j; column += ++k) {
      let sum = matrix[j * p + k]!;
      for (let i = 0; i < k; i++) sum -= factor[row + i]! * factor[column + i]!;
      if (k < j) factor[row + k] = sum / factor[column + k]!;
      else if (sum > 0) factor[row + k] = Math.sqrt(sum);
      else throw new RangeError(`Cannot ${action}: ${notDefinite(j, sum)}`);
    }
  }
  return factor;
}
