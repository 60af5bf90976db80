import { logSoftmax, sigmoid } from "@jem-js/energy";
import { add, mean, mul, neg, type Scalar, sub, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { checkChoice, checkFinite, checkNonNegative } from "./_check.ts";
import { checkBatches, classTargets } from "./_class_targets.ts";
import type { LogitsModel, PriorNetworkBatch, PriorNetworkTerms } from "./model.ts";

/** Options of {@linkcode precisionRegularizedLoss}. */
export interface PrecisionRegularizedLossOptions {
  /**
   * What the distribution is to be for inputs out of distribution: `"sharp"`, with its mass in the corners, of concentrations below
   * 1 (DPN-), or `"flat"` (DPN+). Sets the two weights that follow. @default {"sharp"}
   */
  readonly outside?: "sharp" | "flat";
  /** The weight of the precision of inputs of the distribution. @default {0.5 when sharp, 1.5 when flat} */
  readonly inPrecision?: number;
  /**
   * The weight of the precision of inputs out of distribution; below 0 it makes concentrations small.
   * @default {1 / classes - 0.5 when sharp, 1 / classes + 0.5 when flat}
   */
  readonly outPrecision?: number;
  /** The weight of inputs out of distribution, at least 0. @default {1} */
  readonly outWeight?: number;
}

/**
 * The loss of a prior network by cross-entropy, and by a term for the precision alone.
 *
 * Of logits `z`, with concentrations `alpha = e^z` and the mean `p = softmax z`, it is
 *
 * `mean_in [CE(y, p) - inPrecision S(z)] + outWeight mean_out [CE(uniform, p) - outPrecision S(z)]`, with
 * `S(z) = (1/K) sum_k sigmoid z_k`.
 *
 * Mean and precision are pulled apart: no target says how large a concentration is to be. With precisions below that of a flat
 * distribution for what is out of distribution (`"sharp"`) it differs more from what is between classes. Then the mutual information
 * and the precision tell it, and the differential entropy, which is low for both, does not.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { precisionRegularizedLoss } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = { logits: (x: tf.Tensor) => x as tf.Tensor2D };
 * const batch = { x: tf.tensor2d([[5, 0, -1]]), labels: [0], outOfDistribution: tf.tensor2d([[-9, -9, -9]]) };
 * const loss = precisionRegularizedLoss(network, batch);
 * expect((await loss.data())[0]).toBeCloseTo(Math.log(3) - 0.2845336, 4);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2010.10474 | Nandy et al., Towards maximizing the representation gap between in-domain and out-of-distribution examples}
 *
 * @param network The network; differentiable with respect to its variables.
 * @param batch Inputs in and out of distribution, and labels, borrowed.
 * @param options The precisions.
 * @returns The loss, a scalar owned by the caller.
 * @throws {TypeError} When a batch is empty, the labels do not fit it, or `outside` is unknown.
 * @throws {RangeError} When a number is not finite, or `outWeight` negative.
 */
export function precisionRegularizedLoss(
  network: LogitsModel,
  batch: PriorNetworkBatch,
  options: PrecisionRegularizedLossOptions = {},
): Scalar {
  return tidy(() => precisionRegularizedTerms(network, batch, options).loss);
}

/**
 * The loss of {@linkcode precisionRegularizedLoss} together with its parts, for training loops that report them.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { precisionRegularizedTerms } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = { logits: (x: tf.Tensor) => x as tf.Tensor2D };
 * const batch = { x: tf.tensor2d([[5, 0, -1]]), labels: [0], outOfDistribution: tf.tensor2d([[5, 0, -1]]) };
 * const terms = precisionRegularizedTerms(network, batch);
 * expect((await terms.inDistribution.data())[0]).toBeCloseTo(-0.2845336, 5);
 * expect((await terms.outOfDistribution.data())[0]).toBeCloseTo(3.7737438, 5);
 * ```
 *
 * @param network The network; differentiable with respect to its variables.
 * @param batch Inputs in and out of distribution, and labels, borrowed.
 * @param options The precisions.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When a batch is empty, the labels do not fit it, or `outside` is unknown.
 * @throws {RangeError} When a number is not finite, or `outWeight` negative.
 */
export function precisionRegularizedTerms(
  network: LogitsModel,
  batch: PriorNetworkBatch,
  options: PrecisionRegularizedLossOptions = {},
): PriorNetworkTerms {
  const { outside = "sharp", outWeight = 1 } = options;
  const action = "compute the loss";
  checkChoice(action, "outside", outside, ["sharp", "flat"]);
  const offset = outside === "sharp" ? -0.5 : 0.5;
  const { inPrecision = 1 + offset, outPrecision } = options;
  checkFinite(action, "inPrecision", inPrecision);
  if (outPrecision !== undefined) checkFinite(action, "outPrecision", outPrecision);
  checkNonNegative(action, "outWeight", outWeight);
  checkBatches({ x: batch.x, outOfDistribution: batch.outOfDistribution });
  return tidy(() => {
    const logits = network.logits(batch.x);
    const outer = network.logits(batch.outOfDistribution);
    const reward = (z: Tensor2D, weight: number): Scalar => mul(mean(sigmoid(z)), weight);
    const { crossEntropy } = classTargets(logits, batch.labels);
    const uniform = neg(mean(logSoftmax(outer)));
    const inDistribution = sub(crossEntropy(), reward(logits, inPrecision)) as Scalar;
    const outOfDistribution = sub(uniform, reward(outer, outPrecision ?? 1 / outer.shape[1] + offset)) as Scalar;
    return { loss: add(inDistribution, mul(outOfDistribution, outWeight)), inDistribution, outOfDistribution };
  });
}
