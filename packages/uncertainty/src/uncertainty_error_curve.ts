import { checkInteger } from "./_check.ts";

/** Options of {@linkcode uncertaintyErrorCurve}. */
export interface UncertaintyErrorCurveOptions {
  /** How many predictions the running mean goes over, from 1 to all. @default {the larger of 5 and a twentieth of all, at most all} */
  readonly window?: number;
}

/** Predictions in the order of their uncertainty. */
export interface UncertaintyErrorCurve {
  /** The index of each prediction, from the least uncertain; equal ones in the order of their index. */
  readonly order: Uint32Array;
  /** The uncertainties in this order, `[n]`. */
  readonly uncertainties: Float64Array;
  /** The absolute errors in this order, `[n]`. */
  readonly errors: Float64Array;
  /** The running mean of the errors over the window, `[n - window + 1]`. */
  readonly runningMean: Float64Array;
  /** The place of each running mean: the middle of its window, from 0. */
  readonly places: Float64Array;
  /** The half-widths of the intervals that hold 50 % and 95 % of Gaussian errors, `[n]` each. */
  readonly bands: { readonly half: Float64Array; readonly wide: Float64Array };
  /** The shares of errors in these intervals. */
  readonly coverage: { readonly half: number; readonly wide: number };
  /** Spearman's rank correlation of uncertainty and error, ties by mean ranks; NaN when all of one are equal. */
  readonly correlation: number;
}

/**
 * The uncertainty–error plot as data: predictions sorted by uncertainty, their errors with a running mean, the bands that should hold
 * 50 % and 95 % of them, and how well the uncertainties order the errors. `sparsificationCurve` of `@jem-js/metrics` has what rejecting
 * the most uncertain brings, and `uncertaintyErrorPlot` of `@jem-js/report` draws both.
 *
 * @example Usage
 * ```ts
 * import { uncertaintyErrorCurve } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const { order, runningMean, correlation } = uncertaintyErrorCurve([3, 1, 2], [-0.3, 0.1, 0.2], { window: 1 });
 * expect([...order]).toEqual([1, 2, 0]);
 * expect([...runningMean]).toEqual([0.1, 0.2, 0.3]);
 * expect(correlation).toBe(1);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.06455 | Teye et al., Bayesian uncertainty estimation for batch normalized deep networks, §5}
 *
 * @param uncertainties The standard deviation of each prediction, `[n]`.
 * @param errors The error of each prediction, `[n]`; its sign does not matter.
 * @param options The window.
 * @returns The curve.
 * @throws {TypeError} When the two are not of one length.
 * @throws {RangeError} When there is none, one is NaN, or `window` is out of range.
 */
export function uncertaintyErrorCurve(
  uncertainties: ArrayLike<number>,
  errors: ArrayLike<number>,
  options: UncertaintyErrorCurveOptions = {},
): UncertaintyErrorCurve {
  const action = "make an uncertainty-error curve";
  const n = uncertainties.length;
  if (errors.length !== n) throw new TypeError(`Cannot ${action}: expected ${n} errors but found ${errors.length}`);
  const u = Float64Array.from(uncertainties);
  const e = Float64Array.from(errors, Math.abs);
  const wrong = [...u, ...e].find(Number.isNaN);
  if (n === 0 || wrong !== undefined) {
    throw new RangeError(`Cannot ${action}: expected numbers, at least one, but found ${wrong ?? "none"}`);
  }
  const { window = Math.min(n, Math.max(5, Math.floor(n / 20))) } = options;
  checkInteger(action, "window", window, 1, n);
  const order = Uint32Array.from(u, (_, i) => i).sort((i, j) => u[i]! - u[j]! || i - j);
  const sortedU = Float64Array.from(order, (i) => u[i]!);
  const sortedE = Float64Array.from(order, (i) => e[i]!);
  const places = Float64Array.from({ length: n - window + 1 }, (_, i) => i + (window - 1) / 2);
  const share = (band: Float64Array): number =>
    sortedE.reduce((count, error, i) => count + (error <= band[i]! ? 1 : 0), 0) / n;
  const bands = { half: sortedU.map((s) => 0.6744897501960817 * s), wide: sortedU.map((s) => 1.959963984540054 * s) };
  return {
    order,
    uncertainties: sortedU,
    errors: sortedE,
    runningMean: places.map((_, i) => sortedE.subarray(i, i + window).reduce((a, b) => a + b, 0) / window),
    places,
    bands,
    coverage: { half: share(bands.half), wide: share(bands.wide) },
    correlation: correlation(ranks(u), ranks(e)),
  };
}

/** The ranks of numbers, equal ones by their mean rank. */
function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + end - 1) / 2;
    start = end;
  }
  return result;
}

/** Pearson's correlation. */
function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (a.length - 1) / 2;
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - mean) * (b[i]! - mean);
    aa += (a[i]! - mean) ** 2;
    bb += (b[i]! - mean) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
