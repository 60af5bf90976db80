import { checkLabels } from "./_check.ts";
import { FINITE } from "./_numbers.ts";
import { type CheckedMatrix, readMatrix } from "./_read_matrix.ts";
import { softmaxRows } from "./_softmax.ts";
import type { Matrix } from "./matrix.ts";

/** A fitted temperature. */
export interface TemperatureScaling {
  /** The temperature, in [0.01, 100]: above 1 for an overconfident classifier, below 1 for a diffident one. */
  readonly temperature: number;
  /**
   * Maps logits `[n, classes]` to the calibrated probabilities `softmax(logits / temperature)`, `n` rows owned by the
   * caller. Throws as {@linkcode temperatureScaling} does.
   */
  transform(logits: Matrix): Float64Array[];
}

const MINIMUM = 0.01;
const MAXIMUM = 100;

/**
 * Fits the temperature `T` that minimises the mean negative log-likelihood of `softmax(logits / T)` on held-out examples.
 * It changes confidences, never predictions.
 *
 * The loss is convex in `1 / T`: its minimum is found to about 1e-12 by Newton steps inside a bracket, which is halved
 * whenever they do not converge. `T` is sought in [0.01, 100]. It is 0.01 when sharper is always better (every label
 * has the largest logit), 100 when softer is (no better than chance), and 1 when no `T` makes a difference (all logits
 * of each row are equal, or all margins so large that the loss is 0 everywhere).
 *
 * @example Usage
 * ```ts
 * import { temperatureScaling } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * // Three of four are right: the calibrated confidence is 3/4, that is a margin of log 3.
 * const logits = [[4, 0], [4, 0], [4, 0], [4, 0]];
 * const { temperature, transform } = temperatureScaling(logits, [0, 0, 0, 1]);
 * expect(temperature).toBeCloseTo(4 / Math.log(3));
 * expect(transform([[4, 0]])[0]![0]).toBeCloseTo(0.75);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.04599 | Guo et al., On calibration of modern neural networks, §4.2}
 *
 * @param logits One row a held-out example, `[n, classes]`, finite.
 * @param labels Class indices, `[n]`, integers in `[0, classes)`.
 * @returns The temperature and the map that applies it.
 * @throws {TypeError} When the rows or labels are no arrays, or their lengths do not fit.
 * @throws {RangeError} When there is no row, there are fewer than two classes, a logit is not finite, or a label is
 * outside `[0, classes)`.
 */
export function temperatureScaling(logits: Matrix, labels: ArrayLike<number>): TemperatureScaling {
  const action = "fit a temperature";
  const matrix = readMatrix(action, "logits", logits, FINITE);
  checkLabels(action, labels, matrix.count, matrix.classes);
  const temperature = fit(matrix, labels);
  return {
    temperature,
    transform: (other) => softmaxRows(readMatrix("apply a temperature", "logits", other, FINITE), temperature),
  };
}

/** The minimiser of the loss, by its inverse `b`: the slope of the loss never decreases with `b`. */
function fit(logits: CheckedMatrix, labels: ArrayLike<number>): number {
  const shifted = subtractLargest(logits);
  let low = 1 / MAXIMUM;
  let high = 1 / MINIMUM;
  const softest = derivatives(shifted, labels, low).slope;
  const sharpest = derivatives(shifted, labels, high).slope;
  if (softest === 0 && sharpest === 0) return 1;
  if (softest >= 0) return MAXIMUM;
  if (sharpest <= 0) return MINIMUM;

  let b = 1;
  let lastStep = Number.POSITIVE_INFINITY;
  // Newton's steps must stay in the bracket and halve each time. Whatever they do, the 50 halvings at the end suffice.
  for (let i = 0; i < 70; i++) {
    const { slope, curvature } = derivatives(shifted, labels, b);
    if (slope === 0 || Math.abs(slope) <= 1e-13 * b * curvature) break;
    if (slope < 0) low = b;
    else high = b;
    const newton = b - slope / curvature;
    const isSafe = i < 20 && newton > low && newton < high && Math.abs(newton - b) < lastStep / 2;
    const next = isSafe ? newton : Math.sqrt(low * high);
    lastStep = Math.abs(next - b);
    b = next;
    if (lastStep <= 1e-15 * b) break;
  }
  return 1 / b;
}

/** The first two derivatives in `b` of the mean of `logsumexp(b z) - b z[y]`: means of `E[z] - z[y]` and of `Var[z]`. */
function derivatives(
  { data, count, classes }: CheckedMatrix,
  labels: ArrayLike<number>,
  b: number,
): { slope: number; curvature: number } {
  let slope = 0;
  let curvature = 0;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    let first = 0;
    let second = 0;
    for (let k = i * classes; k < (i + 1) * classes; k++) {
      const z = data[k]!;
      const weight = Math.exp(b * z);
      // A difference of finite logits can overflow; 0 times it is not 0.
      if (weight === 0) continue;
      sum += weight;
      first += weight * z;
      second += weight * z * z;
    }
    const mean = first / sum;
    slope += mean - data[i * classes + labels[i]!]!;
    curvature += second / sum - mean * mean;
  }
  return { slope: slope / count, curvature: curvature / count };
}

/** Logits less the largest of their row, so that no exponential overflows and equal logits are exactly 0. */
function subtractLargest({ data, count, classes }: CheckedMatrix): CheckedMatrix {
  const shifted = new Float64Array(data.length);
  for (let i = 0; i < count; i++) {
    const row = data.subarray(i * classes, (i + 1) * classes);
    const largest = row.reduce((a, b) => Math.max(a, b));
    for (let k = 0; k < classes; k++) shifted[i * classes + k] = row[k]! - largest;
  }
  return { data: shifted, count, classes };
}
