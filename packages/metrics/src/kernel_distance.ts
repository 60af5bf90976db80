import { distanceOfSets, readSets } from "./_kernel_distances.ts";
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
  return distanceOfSets(readSets("compute the kernel distance", a, b, options), options);
}
