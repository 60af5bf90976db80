import type { GaussianPrediction } from "./prediction.ts";

/**
 * Reads the samples of a prediction of one number for each input, as the scores of regression take them.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { gaussianSamples, readSamples } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const samples = await readSamples(gaussianSamples(tf.tensor3d([[[1], [2]], [[3], [5]]])), { mean: 10, std: 2 });
 * expect(samples.map((row) => [...row])).toEqual([[12, 14], [16, 20]]);
 * ```
 *
 * @param prediction The prediction, with samples `[samples, n, 1]` or `[samples, n]`; borrowed.
 * @param scale What the targets were standardised with, to give the samples in their units: `mean + std value`.
 * @returns The samples, `[samples, n]`: one row a draw.
 * @throws {TypeError} When the prediction has no samples, or more than one output.
 */
export async function readSamples(
  prediction: GaussianPrediction,
  scale: Scale = { mean: 0, std: 1 },
): Promise<Float64Array[]> {
  const { samples } = prediction;
  const found = samples && `[${samples.shape.join(", ")}]`;
  if (!samples || samples.rank > 3 || (samples.shape[2] ?? 1) !== 1) {
    throw new TypeError(`Cannot read samples: prediction must have samples [samples, n, 1] but found ${found}`);
  }
  const data = await samples.data();
  const [draws, n] = samples.shape as [number, number];
  return Array.from({ length: draws }, (_, t) =>
    Float64Array.from(data.subarray(t * n, (t + 1) * n), (value) => scale.mean + scale.std * value),
  );
}

/** A mean and a standard deviation that values were standardised with. */
export interface Scale {
  /** The mean. */
  readonly mean: number;
  /** The standard deviation. */
  readonly std: number;
}
