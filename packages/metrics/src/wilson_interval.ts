import { checkCount, checkShare } from "./_check.ts";
import { normalQuantile } from "./_normal.ts";
import type { Interval, IntervalOptions } from "./interval.ts";

/**
 * Wilson's score interval of a share, such as the accuracy in a bin of a reliability diagram: it stays in [0, 1] and holds
 * for few examples too.
 *
 * @example Usage
 * ```ts
 * import { wilsonInterval } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { lower, upper } = wilsonInterval(8, 10);
 * expect(lower).toBeCloseTo(0.4902, 4);
 * expect(upper).toBeCloseTo(0.9433, 4);
 * ```
 *
 * @see {@link https://doi.org/10.1080/01621459.1927.10502953 | Wilson, Probable inference}
 *
 * @param successes How many of the trials succeeded, an integer from 0 to `trials`.
 * @param trials How many there were, an integer; with 0 the interval is [0, 1].
 * @param options The confidence.
 * @returns The interval.
 * @throws {RangeError} When a number is out of range.
 */
export function wilsonInterval(successes: number, trials: number, options: IntervalOptions = {}): Interval {
  const { confidence = 0.95 } = options;
  const action = "compute a Wilson interval";
  checkCount(action, "trials", trials, 0);
  checkCount(action, "successes", successes, 0);
  checkShare(action, "confidence", confidence);
  if (successes > trials) {
    throw new RangeError(`Cannot ${action}: successes must be at most ${trials} but found ${successes}`);
  }
  if (trials === 0) return { lower: 0, upper: 1 };
  const z = normalQuantile(0.5 + confidence / 2);
  const share = successes / trials;
  const scale = 1 + (z * z) / trials;
  const center = (share + (z * z) / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return {
    lower: successes === 0 ? 0 : Math.max(0, center - half),
    upper: successes === trials ? 1 : Math.min(1, center + half),
  };
}
