import { checkLabels } from "./_check.ts";
import { cholesky } from "./_decompose.ts";
import { FINITE } from "./_numbers.ts";
import { readMatrix } from "./_read_matrix.ts";
import { softmaxRows } from "./_softmax.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode vectorScaling}. */
export interface VectorScalingOptions {
  /** How strongly scales are drawn to 1 and biases to 0, positive: what makes the minimum exist. @default {1e-6} */
  readonly ridge?: number;
}

/** A fitted scale and bias for each class. */
export interface VectorScaling {
  /** The factor of each class's logit. */
  readonly scale: Float64Array;
  /** What is added to it. */
  readonly bias: Float64Array;
  /** Maps logits `[n, classes]` to the probabilities `softmax(scale * logits + bias)`, `n` rows owned by the caller. */
  transform(logits: Matrix): Float64Array[];
}

/**
 * Fits a scale and a bias for each class that minimise the mean negative log-likelihood of
 * `softmax(scale * logits + bias)` on held-out examples, plus `ridge / 2` times the squared distance from scales 1 and
 * biases 0.
 *
 * The ridge makes the loss strictly convex, so that its minimum exists and is unique, also when the classifier is perfect
 * or all labels are of one class; Newton's method with backtracking goes down at each step. O(n classes²) a step.
 *
 * @example Usage
 * ```ts
 * import { vectorScaling } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * // Logits that tell nothing: the biases learn that 3 of 4 are of class 0.
 * const { transform } = vectorScaling([[0, 0], [0, 0], [0, 0], [0, 0]], [0, 0, 0, 1]);
 * expect(transform([[0, 0]])[0]![0]).toBeCloseTo(0.75, 4);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.04599 | Guo et al., On calibration of modern neural networks, §4.2}
 *
 * @param logits One row a held-out example, `[n, classes]`, finite.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @param options The ridge.
 * @returns The scales, the biases and the map that applies them.
 * @throws {TypeError} When the rows or labels are no arrays, or their lengths do not fit.
 * @throws {RangeError} When there is no row, there are fewer than two classes, a logit is not finite, a label is outside
 * `[0, classes)`, or `ridge` is not positive.
 */
export function vectorScaling(
  logits: Matrix,
  labels: ArrayLike<number>,
  options: VectorScalingOptions = {},
): VectorScaling {
  const { ridge = 1e-6 } = options;
  const action = "fit a vector scaling";
  if (!(ridge > 0 && ridge < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: ridge must be positive and finite but found ${ridge}`);
  }
  const { data, count, classes } = readMatrix(action, "logits", logits, FINITE);
  checkLabels(action, labels, count, classes);
  const size = 2 * classes;
  let theta = Float64Array.from({ length: size }, (_, k) => (k < classes ? 1 : 0));
  let current = lossAt(data, labels, classes, theta, ridge);
  for (let iteration = 0; iteration < 200; iteration++) {
    const step = solve(current.hessian, current.gradient, size);
    const slope = step.reduce((sum, s, k) => sum + s * current.gradient[k]!, 0);
    if (!(slope > 1e-24 * (1 + Math.abs(current.loss)))) break;
    let rate = 1;
    let next = current;
    for (; rate > 1e-12; rate /= 2) {
      const candidate = theta.map((value, k) => value - rate * step[k]!);
      next = lossAt(data, labels, classes, candidate, ridge);
      if (next.loss <= current.loss - 1e-4 * rate * slope) {
        theta = candidate;
        break;
      }
    }
    if (rate <= 1e-12) break;
    current = next;
  }
  const scale = theta.slice(0, classes);
  const bias = theta.slice(classes);
  return {
    scale,
    bias,
    transform(other) {
      const matrix = readMatrix("apply a vector scaling", "logits", other, FINITE);
      if (matrix.classes !== classes) {
        throw new TypeError(
          `Cannot apply a vector scaling: logits must have ${classes} classes but found ${matrix.classes}`,
        );
      }
      const scaled = matrix.data.map((z, i) => scale[i % classes]! * z + bias[i % classes]!);
      return softmaxRows({ ...matrix, data: scaled }, 1);
    },
  };
}

function lossAt(
  data: Float64Array,
  labels: ArrayLike<number>,
  classes: number,
  theta: Float64Array,
  ridge: number,
): { loss: number; gradient: Float64Array; hessian: Float64Array } {
  const size = 2 * classes;
  const count = data.length / classes;
  const gradient = theta.map((value, k) => ridge * (value - (k < classes ? 1 : 0)));
  const hessian = new Float64Array(size * size);
  for (let k = 0; k < size; k++) hessian[k * size + k] = ridge;
  let loss = theta.reduce((sum, value, k) => sum + (ridge / 2) * (value - (k < classes ? 1 : 0)) ** 2, 0);
  const p = new Float64Array(classes);
  for (let i = 0; i < count; i++) {
    const z = data.subarray(i * classes, (i + 1) * classes);
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      p[k] = theta[k]! * z[k]! + theta[classes + k]!;
      largest = Math.max(largest, p[k]!);
    }
    const own = p[labels[i]!]!;
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += p[k] = Math.exp(p[k]! - largest);
    loss += (Math.log(sum) + largest - own) / count;
    for (let k = 0; k < classes; k++) {
      p[k]! /= sum;
      const residual = (p[k]! - (labels[i] === k ? 1 : 0)) / count;
      gradient[k]! += residual * z[k]!;
      gradient[classes + k]! += residual;
    }
    for (let k = 0; k < classes; k++) {
      for (let l = 0; l < classes; l++) {
        const curvature = (p[k]! * ((k === l ? 1 : 0) - p[l]!)) / count;
        hessian[k * size + l]! += curvature * z[k]! * z[l]!;
        hessian[k * size + classes + l]! += curvature * z[k]!;
        hessian[(classes + k) * size + l]! += curvature * z[l]!;
        hessian[(classes + k) * size + classes + l]! += curvature;
      }
    }
  }
  return { loss, gradient, hessian };
}

/** The solution of `a x = b` for a symmetric positive definite `a`. */
function solve(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const u = cholesky(a, n);
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= u[k * n + i]! * x[k]!;
    x[i] = u[i * n + i] === 0 ? 0 : x[i]! / u[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= u[i * n + k]! * x[k]!;
    x[i] = u[i * n + i] === 0 ? 0 : x[i]! / u[i * n + i]!;
  }
  return x;
}
