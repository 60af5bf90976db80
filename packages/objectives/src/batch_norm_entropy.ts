import { abs, add, addN, log, mul, type Scalar, scalar, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** Options of {@linkcode batchNormEntropy}. */
export interface BatchNormEntropyOptions {
  /** Whether the entropies of the units are added up, or their mean taken. @default {"sum"} */
  readonly reduction?: "sum" | "mean";
}

/**
 * The entropy that stands for that of a generator in the deep directed generative model: of the units of its batch
 * normalisation, as if each were an independent Gaussian whose deviation is its scale. `sum_i 1/2 log(2 pi e g_i^2)`.
 *
 * It is no estimate: only its gradient is used, which keeps the scales, and with them the variety of the outputs, from shrinking.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { batchNormEntropy } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const entropy = batchNormEntropy([tf.ones([3]), tf.tensor1d([-2])]);
 * expect((await entropy.data())[0]).toBeCloseTo(2 * Math.log(2 * Math.PI * Math.E) + Math.log(2), 4);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1606.03439 | Kim and Bengio, Deep directed generative models with energy-based probability estimation}
 *
 * @param scales The scales of the layers, `[units]` each; borrowed. Not 0.
 * @param options How the units are taken together.
 * @returns The entropy in nats, a scalar owned by the caller.
 * @throws {TypeError} When there are no scales.
 * @throws {RangeError} When `reduction` is unknown.
 */
export function batchNormEntropy(scales: readonly Tensor[], options: BatchNormEntropyOptions = {}): Scalar {
  const { reduction = "sum" } = options;
  if (scales.length === 0) {
    throw new TypeError("Cannot compute the entropy: a generator must have batch normalisation but found no scales");
  }
  if (reduction !== "sum" && reduction !== "mean") {
    throw new RangeError(`Cannot compute the entropy: reduction must be one of sum, mean but found ${reduction}`);
  }
  const units = scales.reduce((count, one) => count + one.size, 0);
  return tidy(() => {
    const logarithms = addN(scales.map((one) => sum(log(abs(one))))) as Scalar;
    const total: Scalar = add(logarithms, scalar(0.5 * units * Math.log(2 * Math.PI * Math.E)));
    return reduction === "sum" ? total : mul(total, 1 / units);
  });
}
