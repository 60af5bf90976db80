import type { Interval, IntervalOptions } from "./interval.ts";
import type { ReliabilityBin } from "./reliability_bins.ts";
import { wilsonInterval } from "./wilson_interval.ts";

/**
 * Wilson's interval of the accuracy in each bin of a reliability diagram; [0, 1] for an empty bin.
 *
 * @example Usage
 * ```ts
 * import { reliabilityBins, reliabilityIntervals } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const bins = reliabilityBins([[0.75, 0.25], [0, 1]], [0, 0], { bins: 2 });
 * const [empty, half] = reliabilityIntervals(bins);
 * expect(empty).toEqual({ lower: 0, upper: 1 });
 * expect(half!.lower).toBeLessThan(0.5);
 * ```
 *
 * @see {@link https://doi.org/10.1080/01621459.1927.10502953 | Wilson, Probable inference}
 *
 * @param bins The bins.
 * @param options The confidence.
 * @returns One interval a bin.
 * @throws {RangeError} When `confidence` is not in (0, 1).
 */
export function reliabilityIntervals(bins: readonly ReliabilityBin[], options: IntervalOptions = {}): Interval[] {
  return bins.map(({ count, accuracy }) =>
    wilsonInterval(count === 0 ? 0 : Math.round(accuracy * count), count, options),
  );
}
