import { foldIn, type Key, randintValues } from "@jem-js/random/values";
import { checkArray } from "./_check.ts";
import { checkResampling, resampleInterval } from "./_resample_interval.ts";
import type { Interval, IntervalOptions } from "./interval.ts";

/** Options of {@linkcode bootstrapInterval}. */
export interface BootstrapIntervalOptions extends IntervalOptions {
  /** The key that the samples come from. */
  readonly key: Key;
  /** How many samples to draw. @default {1000} */
  readonly resamples?: number;
}

/** A bootstrap interval. */
export interface BootstrapInterval extends Interval {
  /** The metric of the scores themselves. */
  readonly value: number;
  /** The standard deviation of the metric over the samples. */
  readonly standardError: number;
}

/**
 * The percentile bootstrap interval of a ranking metric: `metric(positives, negatives)` of samples that are drawn from
 * both sides with replacement.
 *
 * @example Usage
 * ```ts
 * import { auroc, bootstrapInterval } from "@jem-js/metrics";
 * import { key } from "@jem-js/random/values";
 * import { expect } from "vitest";
 *
 * const { value, lower, upper } = bootstrapInterval(auroc, [[3, 4, 1], [2, 0]], { key: key(0), resamples: 200 });
 * expect(value).toBeCloseTo(5 / 6);
 * expect(lower).toBeLessThan(value);
 * expect(upper).toBe(1);
 * ```
 *
 * @see {@link https://doi.org/10.1201/9780429246593 | Efron and Tibshirani, An introduction to the bootstrap, §13.3}
 *
 * @param metric A metric of positives and negatives, such as `auroc`, or a function that binds its options.
 * @param scores The scores of the positives and of the negatives.
 * @param options The key, the number of samples, and the confidence.
 * @returns The metric, its standard error and interval.
 * @throws {TypeError} When the scores are no arrays.
 * @throws {RangeError} When there are no scores on one side, or an option is out of range; also what `metric` throws.
 */
export function bootstrapInterval(
  metric: (positives: ArrayLike<number>, negatives: ArrayLike<number>) => number,
  scores: readonly [positives: ArrayLike<number>, negatives: ArrayLike<number>],
  options: BootstrapIntervalOptions,
): BootstrapInterval {
  const action = "compute a bootstrap interval";
  checkResampling(action, options);
  checkArray(action, "positives", scores[0]);
  checkArray(action, "negatives", scores[1]);
  const resample = (k: Key, from: ArrayLike<number>): Float64Array =>
    Float64Array.from(randintValues(k, from.length, { max: from.length }), (i) => from[i]!);
  return resampleInterval(metric(...scores), options, (k) =>
    metric(resample(foldIn(k, 0), scores[0]), resample(foldIn(k, 1), scores[1])),
  );
}
