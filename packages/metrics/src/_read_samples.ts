import { checkLength, readNumbers } from "./_check.ts";
import { allFeatures, readFeatures } from "./_read_features.ts";
import type { Matrix } from "./matrix.ts";

/** Checked copies of samples `[samples, n]` and targets `[n]`. */
export function readSamples(
  action: string,
  samples: Matrix,
  targets: ArrayLike<number>,
): { data: Float64Array; count: number; y: Float64Array } {
  const reader = readFeatures(action, "samples", samples);
  const y = readNumbers(action, "targets", targets);
  checkLength(action, "targets", y.length, reader.dimension);
  return { data: allFeatures(reader), count: reader.count, y };
}
