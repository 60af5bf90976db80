import { backSolve, cholesky, forwardSolve } from "./_cholesky.ts";
import type { Fitting, Method } from "./_method.ts";
import type { Reading } from "./_reading.ts";

/** A logistic regression: `P(y = 1 | f) = 1 / (1 + exp(-(weights' f + bias)))`. */
export interface LogisticRegression {
  readonly weights: readonly number[];
  readonly bias: number;
}

/** The state of a detector that is a regression. */
export interface RegressionState {
  readonly regression: LogisticRegression;
}

/**
 * How a detector is fitted and scores that tells validation examples from out-of-distribution ones by a regression on `describe`, a row
 * for each example.
 */
export function regressionOn(
  describe: (reading: Reading) => ArrayLike<number>[],
  c: number,
): Required<Pick<Method<RegressionState, true>, "fit" | "scorer">> {
  function fit(): Fitting<RegressionState> {
    const rows: ArrayLike<number>[] = [];
    const labels: boolean[] = [];
    const collect =
      (isOut: boolean) =>
      (reading: Reading): void => {
        for (const row of describe(reading)) {
          rows.push(row);
          labels.push(isOut);
        }
      };
    return {
      rounds: [
        [
          { over: "validation", visit: collect(false) },
          { over: "outOfDistribution", visit: collect(true) },
        ],
      ],
      finish: () => ({ regression: fitLogistic(rows, labels, c) }),
    };
  }
  return {
    fit,
    scorer:
      ({ regression }) =>
      (reading) =>
        Float64Array.from(describe(reading), (row) => decision(regression, row)),
  };
}

/**
 * Minimises `||w||^2 / 2 + c sum log(1 + exp(-y (w' f + b)))` with `y` in {-1, 1}, as scikit-learn does: by Newton's method
 * with steps that are halved until the loss falls. The bias is not penalised.
 */
export function fitLogistic(
  rows: readonly ArrayLike<number>[],
  labels: readonly boolean[],
  c: number,
): LogisticRegression {
  const d = rows[0]!.length;
  const n = d + 1;
  let w = new Float64Array(n);
  let loss = lossOf(rows, labels, w, c);
  for (let iteration = 0; iteration < 200; iteration++) {
    const gradient = new Float64Array(n);
    const hessian = new Float64Array(n * n);
    rows.forEach((row, i) => {
      const p = 1 / (1 + Math.exp(-linear(w, row)));
      const slope = c * (p - (labels[i] ? 1 : 0));
      const curvature = c * p * (1 - p);
      for (let j = 0; j < n; j++) {
        const value = j < d ? row[j]! : 1;
        gradient[j]! += slope * value;
        for (let k = 0; k <= j; k++) hessian[j * n + k]! += curvature * value * (k < d ? row[k]! : 1);
      }
    });
    for (let j = 0; j < d; j++) {
      gradient[j]! += w[j]!;
      hessian[j * n + j]! += 1;
    }
    // The bias has no penalty of its own: keeps the factor alive where every probability has saturated.
    hessian[n * n - 1]! += 1e-12;
    const step = newtonStep(hessian, gradient);
    let size = 1;
    let next = w;
    let nextLoss = loss;
    do {
      next = w.map((value, j) => value - size * step[j]!);
      nextLoss = lossOf(rows, labels, next, c);
      size /= 2;
    } while (!(nextLoss <= loss) && size > 1e-10);
    const gain = loss - nextLoss;
    if (!(gain >= 0)) break;
    w = next;
    loss = nextLoss;
    if (gain <= 1e-15 * Math.max(1, loss) && maximum(step) <= 1e-11 * Math.max(1, maximum(w))) break;
  }
  return { weights: Array.from(w.subarray(0, d)), bias: w[d]! };
}

/** `weights' f + bias`. */
export function decision({ weights, bias }: LogisticRegression, row: ArrayLike<number>): number {
  return weights.reduce((sum, weight, j) => sum + weight * row[j]!, bias);
}

function newtonStep(hessian: Float64Array, gradient: Float64Array): Float64Array {
  const n = gradient.length;
  for (let j = 0; j < n; j++) for (let k = 0; k < j; k++) hessian[k * n + j] = hessian[j * n + k]!;
  const factor = cholesky(hessian, n);
  // Without a factor the problem is flat to rounding: down the gradient, scaled by its own curvature.
  if (!factor) return gradient.map((slope, j) => slope / Math.max(hessian[j * n + j]!, 1e-12));
  return backSolve(factor, forwardSolve(factor, gradient));
}

function linear(w: Float64Array, row: ArrayLike<number>): number {
  let sum = w[w.length - 1]!;
  for (let j = 0; j < w.length - 1; j++) sum += w[j]! * row[j]!;
  return sum;
}

function lossOf(rows: readonly ArrayLike<number>[], labels: readonly boolean[], w: Float64Array, c: number): number {
  let loss = 0;
  rows.forEach((row, i) => {
    const against = labels[i] ? -linear(w, row) : linear(w, row);
    loss += c * (Math.max(0, against) + Math.log1p(Math.exp(-Math.abs(against))));
  });
  for (let j = 0; j < w.length - 1; j++) loss += (w[j]! * w[j]!) / 2;
  return loss;
}

function maximum(values: Float64Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
