import { add, div, fill, mean, mul, type Scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkChoice, checkNonNegative, checkPositive } from "./_check.ts";
import { checkBatches, classTargets } from "./_class_targets.ts";
import { concentrationOf } from "./_concentration.ts";
import { dirichletDivergence } from "./dirichlet_divergence.ts";
import type { LogitsModel, PriorNetworkBatch, PriorNetworkTerms } from "./model.ts";

/** Options of {@linkcode priorNetworkLoss}. */
export interface PriorNetworkLossOptions {
  /**
   * `"forward"` is `KL(target || network)`, of 2018; `"reverse"` is `KL(network || target)`, of 2019, which also where classes
   * overlap asks for one mode. @default {"reverse"}
   */
  readonly divergence?: "forward" | "reverse";
  /** How sharp the targets of the distribution are, above 0. @default {100 in reverse, 1000 forward} */
  readonly concentration?: number;
  /**
   * Without smoothing the target is 1 and, for the class of the label, `1 + concentration`. With smoothing `e`, above 0 and below
   * 1 / classes, it is `concentration e`, and `concentration (1 - (classes - 1) e)` for the class of the label.
   * @default {none in reverse, 0.01 forward}
   */
  readonly smoothing?: number;
  /** The weight of inputs out of distribution, at least 0. @default {1} */
  readonly outWeight?: number;
  /** The weight of the cross-entropy of the mean, at least 0: the authors use it on CIFAR. @default {0} */
  readonly crossEntropyWeight?: number;
}

/** Logits beyond this are taken for it: `e^10 = 22026` is far beyond any target. */
const BOUND = 10;

/**
 * The loss of a prior network, whose logits are the logarithms of the concentrations `alpha` of a Dirichlet distribution: sharp at
 * the class of the label for inputs of the distribution, and flat, `alpha = 1`, for inputs out of it.
 *
 * `(mean KL_in + outWeight mean KL_out) / concentration + crossEntropyWeight CE`, with divergences of the Dirichlet distribution of
 * the network from its target, or the other way around. The division keeps gradients at the size of a cross-entropy's. In training
 * logits beyond ±10 are taken for ±10, with the gradient there: the network finds back.
 *
 * What is out of distribution must be given: other data, or data that is made, as by the noise and the corruptions of `@jem-js/data`.
 * Read the network by {@linkcode dirichletPrediction} and {@linkcode summarize}.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { priorNetworkLoss } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = { logits: (x: tf.Tensor) => x as tf.Tensor2D };
 * const batch = { x: tf.log(tf.tensor2d([[101, 1, 1]])), labels: [0], outOfDistribution: tf.zeros([2, 3]) };
 * const loss = priorNetworkLoss(network, batch); // both are what they should be
 * expect((await loss.data())[0]).toBeCloseTo(0, 6);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.10501 | Malinin and Gales, Predictive uncertainty estimation via prior networks}
 * @see {@link https://arxiv.org/abs/1905.13472 | Malinin and Gales, Reverse KL-divergence training of prior networks}
 *
 * @param network The network; differentiable with respect to its variables.
 * @param batch Inputs in and out of distribution, and labels, borrowed.
 * @param options The divergence and its targets.
 * @returns The loss, a scalar owned by the caller.
 * @throws {TypeError} When a batch is empty, the labels do not fit it, or `divergence` is unknown.
 * @throws {RangeError} When a number is out of bounds.
 */
export function priorNetworkLoss(
  network: LogitsModel,
  batch: PriorNetworkBatch,
  options: PriorNetworkLossOptions = {},
): Scalar {
  return tidy(() => priorNetworkTerms(network, batch, options).loss);
}

/**
 * The loss of {@linkcode priorNetworkLoss} together with its parts, for training loops that report them.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { priorNetworkTerms } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = { logits: (x: tf.Tensor) => x as tf.Tensor2D };
 * const batch = { x: tf.tensor2d([[5, 0, -1]]), labels: [0], outOfDistribution: tf.tensor2d([[5, 0, -1]]) };
 * const terms = priorNetworkTerms(network, batch, { divergence: "forward" });
 * expect((await terms.inDistribution.data())[0]).toBeCloseTo(2.831125, 4);
 * expect((await terms.outOfDistribution.data())[0]).toBeCloseTo(214.90651, 3);
 * ```
 *
 * @param network The network; differentiable with respect to its variables.
 * @param batch Inputs in and out of distribution, and labels, borrowed.
 * @param options The divergence and its targets.
 * @returns The loss and its parts, scalars owned by the caller: `inDistribution` and `outOfDistribution` are the mean divergences.
 * @throws {TypeError} When a batch is empty, the labels do not fit it, or `divergence` is unknown.
 * @throws {RangeError} When a number is out of bounds.
 */
export function priorNetworkTerms(
  network: LogitsModel,
  batch: PriorNetworkBatch,
  options: PriorNetworkLossOptions = {},
): PriorNetworkTerms {
  const { divergence = "reverse", outWeight = 1, crossEntropyWeight = 0 } = options;
  const isForward = divergence === "forward";
  const { concentration = isForward ? 1000 : 100, smoothing = isForward ? 0.01 : undefined } = options;
  const action = "compute the loss";
  checkChoice(action, "divergence", divergence, ["forward", "reverse"]);
  checkPositive(action, "concentration", concentration);
  checkNonNegative(action, "outWeight", outWeight);
  checkNonNegative(action, "crossEntropyWeight", crossEntropyWeight);
  checkBatches({ x: batch.x, outOfDistribution: batch.outOfDistribution });
  return tidy(() => {
    const logits = network.logits(batch.x);
    const { hot, crossEntropy } = classTargets(logits, batch.labels);
    const classes = logits.shape[1];
    if (smoothing !== undefined && !(smoothing > 0 && smoothing < 1 / classes)) {
      throw new RangeError(
        `Cannot ${action}: smoothing must be above 0 and below 1 / ${classes} but found ${smoothing}`,
      );
    }
    const target =
      smoothing === undefined
        ? add(mul(hot, concentration), 1)
        : mul(add(mul(hot, 1 - classes * smoothing), smoothing), concentration);
    const outside = network.logits(batch.outOfDistribution);
    const between = (z: Tensor, to: Tensor): Scalar => {
      const alpha = concentrationOf(z, "exp", BOUND);
      if (isForward) return mean(dirichletDivergence(to, alpha, { constant: "from" }));
      return mean(dirichletDivergence(alpha, to, { constant: "to" }));
    };
    const inDistribution = between(logits, target);
    const outOfDistribution = between(outside, fill(outside.shape, 1));
    const divergences = div(add(inDistribution, mul(outOfDistribution, outWeight)), concentration) as Scalar;
    const loss = crossEntropyWeight > 0 ? add(divergences, mul(crossEntropy(), crossEntropyWeight)) : divergences;
    return { loss: loss as Scalar, inDistribution, outOfDistribution };
  });
}
