import { type Key, split } from "@jem-js/random/values";
import { checkCount, checkShare } from "./_check.ts";
import type { BootstrapInterval, BootstrapIntervalOptions } from "./bootstrap_interval.ts";

/** Throws unless the options of a bootstrap are right. */
export function checkResampling(action: string, options: BootstrapIntervalOptions): void {
  checkCount(action, "resamples", options.resamples ?? 1000, 2);
  checkShare(action, "confidence", options.confidence ?? 0.95);
}

/** The percentile interval of `draw`, called with a key for each sample, around `value`. */
export function resampleInterval(
  value: number,
  { key, resamples = 1000, confidence = 0.95 }: BootstrapIntervalOptions,
  draw: (key: Key) => number,
): BootstrapInterval {
  const values = Float64Array.from(split(key, resamples), draw);
  const mean = values.reduce((sum, v) => sum + v, 0) / resamples;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (resamples - 1);
  values.sort();
  return {
    value,
    standardError: Math.sqrt(variance),
    lower: quantile(values, (1 - confidence) / 2),
    upper: quantile(values, (1 + confidence) / 2),
  };
}

/** The quantile of sorted values, with lines between them. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}
