import { gaussianCrps, predictiveLogLikelihood } from "@jem-js/metrics";
import { checkChoice, checkPositive } from "./_check.ts";
import { checkRows, momentsOf } from "./_sample_rows.ts";

/** Predictions of a part of the data by networks that were not trained on it. */
export interface HeldOut {
  /** The samples, `[samples, n]`: one row a draw. */
  readonly samples: readonly ArrayLike<number>[];
  /** What was observed, `[n]`. */
  readonly targets: ArrayLike<number>;
}

/** Options of {@linkcode tunePrecision}. */
export interface TunePrecisionOptions {
  /** The smallest precision, above 0. */
  readonly min: number;
  /** The largest precision, above `min`: without it the CRPS of predictions whose samples differ too much would ask for infinity. */
  readonly max: number;
  /** What is best: the CRPS, as in the paper, or the log-likelihood. @default {"crps"} */
  readonly score?: "crps" | "pll";
}

/** A precision and how it was found. */
export interface TunedPrecision {
  /** The precision `tau` of the noise. */
  readonly precision: number;
  /** The mean score of the held-out predictions with it. */
  readonly score: number;
  /** Which bound it is at, if it is: a sign that the samples differ too much or too little, and that it should be reported. */
  readonly atBound: "min" | "max" | undefined;
  /** The standard deviation that is best for all held-out predictions alike, by CRPS: the constant uncertainty of the paper. */
  readonly constantStd: number;
}

/**
 * The precision of the noise of observations whose predictive distribution scores best on held-out data, pooled over the folds of a
 * cross-validation. It is searched for on a logarithmic scale: the best of 61 precisions, then by golden sections beside it.
 *
 * @example Usage
 * ```ts
 * import { tunePrecision } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const folds = [{ samples: [[0, 0, 0, 0]], targets: [1, -1, 1, -1] }];
 * const { precision, atBound } = tunePrecision(folds, { min: 0.01, max: 100, score: "pll" });
 * expect(precision).toBeCloseTo(1, 4); // the variance of the errors
 * expect(atBound).toBeUndefined();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.06455 | Teye et al., Bayesian uncertainty estimation for batch normalized deep networks, §5}
 *
 * @param folds The held-out predictions, at least one part.
 * @param options The bounds and the score.
 * @returns The precision.
 * @throws {TypeError} When the folds are none, or samples and targets of one do not fit.
 * @throws {RangeError} When the bounds are not above 0 or not in order.
 */
export function tunePrecision(folds: readonly HeldOut[], options: TunePrecisionOptions): TunedPrecision {
  const action = "tune a precision";
  const { min, max, score = "crps" } = options;
  checkPositive(action, "min", min);
  checkPositive(action, "max", max);
  if (min >= max) throw new RangeError(`Cannot ${action}: max must be above min, ${min}, but found ${max}`);
  checkChoice(action, "score", score, ["crps", "pll"]);
  if (!Array.isArray(folds) || folds.length === 0) {
    throw new TypeError(`Cannot ${action}: folds must be at least one part but found ${String(folds)}`);
  }
  for (const { samples, targets } of folds) checkRows(action, samples, targets);
  const parts = folds.map(({ samples, targets }) => ({ samples, targets, ...momentsOf(samples) }));
  const count = parts.reduce((sum, { targets }) => sum + targets.length, 0);

  const crpsOf = (stdOf: (variance: number) => number): number =>
    parts.reduce((sum, { mean, variance, targets }) => {
      return sum + gaussianCrps({ mean, std: variance.map(stdOf) }, targets).reduce((a, b) => a + b, 0);
    }, 0) / count;
  const pllOf = (precision: number): number =>
    parts.reduce((sum, { samples, targets }) => {
      return sum + predictiveLogLikelihood(samples, targets, { precision }).reduce((a, b) => a + b, 0);
    }, 0) / count;
  const loss = (log: number): number => {
    const precision = Math.exp(log);
    return score === "pll" ? -pllOf(precision) : crpsOf((variance) => Math.sqrt(variance + 1 / precision));
  };
  const [low, high] = [Math.log(min), Math.log(max)];
  const best = minimize(loss, low, high);
  const errors = parts.flatMap(({ mean, targets }) => Array.from(mean, (value, i) => Math.abs(targets[i]! - value)));
  const widest = Math.log(2 * Math.max(...errors) || 1);
  const constant = minimize((log) => crpsOf(() => Math.exp(log)), widest - 14, widest);
  const value = loss(best);
  return {
    precision: best === low ? min : best === high ? max : Math.exp(best),
    score: score === "pll" ? -value : value,
    atBound: best === low ? "min" : best === high ? "max" : undefined,
    constantStd: Math.exp(constant),
  };
}

/** Where a function is smallest in `[low, high]`: an end exactly when that is an end. */
function minimize(f: (x: number) => number, low: number, high: number): number {
  const steps = 60;
  const grid = Array.from({ length: steps + 1 }, (_, i) => (i === steps ? high : low + (i * (high - low)) / steps));
  const values = grid.map(f);
  const best = values.indexOf(Math.min(...values));
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [grid[Math.max(0, best - 1)]!, grid[Math.min(steps, best + 1)]!];
  let [c, d] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [fc, fd] = [f(c), f(d)];
  while (b - a > 1e-9) {
    if (fc < fd) {
      [b, d, fd] = [d, c, fc];
      c = b - ratio * (b - a);
      fc = f(c);
    } else {
      [a, c, fc] = [c, d, fd];
      d = a + ratio * (b - a);
      fd = f(d);
    }
  }
  const middle = (a + b) / 2;
  return f(middle) < values[best]! ? middle : grid[best]!;
}
