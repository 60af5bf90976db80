import { normalQuantile } from "./_normal_quantile.ts";
import type { Interval } from "./interval.ts";

/** Wilson's score interval of a share. */
export function wilson(successes: number, trials: number, confidence: number): Interval {
  const z = normalQuantile(0.5 + confidence / 2);
  const scale = trials + z * z;
  const half = z * Math.sqrt((successes * (trials - successes)) / trials + (z * z) / 4);
  return {
    lower: successes === 0 ? 0 : (successes + (z * z) / 2 - half) / scale,
    upper: successes === trials ? 1 : (successes + (z * z) / 2 + half) / scale,
  };
}
