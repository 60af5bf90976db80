import type { ExpectedCalibrationErrorOptions } from "./expected_calibration_error.ts";
import type { ReliabilityBin } from "./reliability_bins.ts";

/** Throws when a norm is to be debiased that cannot be. */
export function checkDebiasing(
  action: string,
  { norm = "l1", debiased }: Pick<ExpectedCalibrationErrorOptions, "norm" | "debiased">,
): void {
  if (debiased && norm !== "l2") {
    throw new TypeError(`Cannot ${action}: norm must be l2 when debiased but found ${norm}`);
  }
}

/** The calibration error of bins of `n` examples, in one of its norms. */
export function combineGaps(
  bins: readonly ReliabilityBin[],
  n: number,
  { norm = "l1", debiased = false }: Pick<ExpectedCalibrationErrorOptions, "norm" | "debiased">,
): number {
  let mean = 0;
  let meanSquare = 0;
  let largest = 0;
  let unweighted = 0;
  let filled = 0;
  for (const { count, accuracy, meanConfidence } of bins) {
    if (count === 0) continue;
    const gap = Math.abs(accuracy - meanConfidence);
    const noise = debiased ? (accuracy * (1 - accuracy)) / (count - 1) : 0;
    mean += (count / n) * gap;
    if (!debiased || count > 1) meanSquare += (count / n) * (gap ** 2 - noise);
    largest = Math.max(largest, gap);
    unweighted += gap;
    filled += 1;
  }
  if (norm === "mean") return unweighted / filled;
  if (norm === "l1") return mean;
  return norm === "l2" ? Math.sqrt(Math.max(0, meanSquare)) : largest;
}
