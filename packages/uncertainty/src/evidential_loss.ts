import {
  add,
  div,
  log,
  mean,
  mul,
  ones,
  type Scalar,
  square,
  sub,
  sum,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkNonNegative } from "./_check.ts";
import { checkBatches, classTargets } from "./_class_targets.ts";
import { checkLink, concentrationOf } from "./_concentration.ts";
import type { ConcentrationLink } from "./concentration_link.ts";
import { digamma } from "./digamma.ts";
import { dirichletDivergence } from "./dirichlet_divergence.ts";
import type { LogitsModel, PriorNetworkBatch } from "./model.ts";

/** Options of {@linkcode evidentialLoss}. */
export interface EvidentialLossOptions {
  /**
   * What is expected of class probabilities `p` drawn from the distribution: `"squared"` is `E sum_k (y_k - p_k)^2`, which the
   * authors prefer; `"crossEntropy"` is `E -log p_y`; `"marginal"` is `-log E p_y`. @default {"squared"}
   */
  readonly risk?: "squared" | "crossEntropy" | "marginal";
  /** How logits become concentrations. @default {"softplus"} */
  readonly link?: ConcentrationLink;
  /**
   * The weight of the divergence from the flat distribution of what is evidence for wrong classes, at least 0. The authors let it
   * grow from 0 to 1 in the first ten epochs. @default {1}
   */
  readonly divergenceWeight?: number;
}

/** The loss of {@linkcode evidentialLoss} and its parts, scalars owned by the caller. */
export interface EvidentialTerms {
  /** `risk + divergenceWeight divergence`. */
  readonly loss: Scalar;
  /** The mean risk. */
  readonly risk: Scalar;
  /** The mean of `KL(Dir(alpha') || Dir(1))`, where `alpha'` is `alpha` with 1 for the class of the label. */
  readonly divergence: Scalar;
  /** Loops that report terms take them by name. */
  readonly [term: string]: Scalar;
}

/**
 * The loss of evidential deep learning, which needs no data out of distribution: concentrations are 1 plus the evidence for each
 * class, `alpha = 1 + e(z)`, and evidence for wrong classes is to vanish.
 *
 * With `S = sum_k alpha_k` and `m = alpha / S`, the squared risk is `sum_k (y_k - m_k)^2 + m_k (1 - m_k) / (S + 1)`, the
 * cross-entropy `psi(S) - psi(alpha_y)`, and the marginal `log S - log alpha_y`. Added to it is `divergenceWeight` times
 * `KL(Dir(alpha') || Dir(1))`, `alpha' = y + (1 - y) alpha`.
 *
 * Read the network by `dirichletPrediction` with the same link and by `summarize`: `classes / precision` is the authors' uncertainty.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { evidentialLoss } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = { logits: (x: tf.Tensor) => x as tf.Tensor2D };
 * const loss = evidentialLoss(network, { x: tf.zeros([1, 2]), labels: [0] }, { link: "relu" });
 * expect((await loss.data())[0]).toBeCloseTo(2 / 4 + 1 / 6, 6); // no evidence: any class probabilities, all as likely
 * ```
 *
 * @see {@link https://arxiv.org/abs/1806.01768 | Sensoy et al., Evidential deep learning to quantify classification uncertainty, §4}
 *
 * @param network The network; differentiable with respect to its variables.
 * @param batch Inputs and labels, borrowed.
 * @param options The risk, the link and the weight of the divergence.
 * @returns The loss, a scalar owned by the caller.
 * @throws {TypeError} When the batch is empty, the labels do not fit it, or `risk` or `link` is unknown.
 * @throws {RangeError} When `divergenceWeight` is negative or not finite.
 */
export function evidentialLoss(
  network: LogitsModel,
  batch: Omit<PriorNetworkBatch, "outOfDistribution">,
  options: EvidentialLossOptions = {},
): Scalar {
  return tidy(() => evidentialTerms(network, batch, options).loss);
}

/**
 * The loss of {@linkcode evidentialLoss} together with its parts, for training loops that report them.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { evidentialTerms } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = { logits: (x: tf.Tensor) => x as tf.Tensor2D };
 * const terms = evidentialTerms(network, { x: tf.tensor2d([[9, 0, 0]]), labels: [0] }, { link: "relu" });
 * expect((await terms.divergence.data())[0]).toBeCloseTo(0); // all evidence is for the class of the label
 * ```
 *
 * @param network The network; differentiable with respect to its variables.
 * @param batch Inputs and labels, borrowed.
 * @param options The risk, the link and the weight of the divergence.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When the batch is empty, the labels do not fit it, or `risk` or `link` is unknown.
 * @throws {RangeError} When `divergenceWeight` is negative or not finite.
 */
export function evidentialTerms(
  network: LogitsModel,
  batch: Omit<PriorNetworkBatch, "outOfDistribution">,
  options: EvidentialLossOptions = {},
): EvidentialTerms {
  const { risk = "squared", link = "softplus", divergenceWeight = 1 } = options;
  const action = "compute the loss";
  checkChoice(action, "risk", risk, Object.keys(RISKS));
  checkLink(action, link);
  checkNonNegative(action, "divergenceWeight", divergenceWeight);
  checkBatches({ x: batch.x });
  return tidy(() => {
    const logits = network.logits(batch.x);
    const { hot } = classTargets(logits, batch.labels);
    const alpha = concentrationOf(logits, link);
    const expected = mean(RISKS[risk](alpha, sum(alpha, 1, true), hot)) as Scalar;
    const misleading = add(mul(sub(1, hot), alpha), hot);
    const divergence = mean(dirichletDivergence(misleading, ones(alpha.shape), { constant: "to" })) as Scalar;
    return { loss: add(expected, mul(divergence, divergenceWeight)), risk: expected, divergence };
  });
}

/** The risks `[batch]` of concentrations `[batch, classes]`, their sums `[batch, 1]` and one-hot labels. */
const RISKS: Readonly<
  Record<NonNullable<EvidentialLossOptions["risk"]>, (alpha: Tensor, precision: Tensor, hot: Tensor) => Tensor>
> = {
  squared(alpha, precision, hot) {
    const center = div(alpha, precision);
    const variance = div(mul(center, sub(1, center)), add(precision, 1));
    return sum(add(square(sub(hot, center)), variance), 1);
  },
  crossEntropy: (alpha, precision, hot) => sum(mul(hot, sub(digamma(precision), digamma(alpha))), 1),
  marginal: (alpha, precision, hot) => sum(mul(hot, sub(log(precision), log(alpha))), 1),
};
