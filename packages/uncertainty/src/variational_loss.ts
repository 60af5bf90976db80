import { type Key, split } from "@jem-js/random";
import {
  add,
  cast,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  type Scalar,
  squaredDifference,
  sum,
  type Tensor,
  type Tensor1D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkInteger, checkPositive } from "./_check.ts";
import type { MnfNetwork } from "./mnf_network.ts";

/** Options of {@linkcode variationalLoss}: labels of classes, or targets with the precision of their noise. */
export type VariationalLossOptions = VariationalDraw & (VariationalLabels | VariationalTargets);

/** What is drawn, and how much the divergence counts. */
export interface VariationalDraw {
  /** The key of the draw: another at each step. */
  readonly key: Key;
  /** How many training examples there are in all. */
  readonly size: number;
  /** The weight of the divergence, at least 0, 1 when not given: may rise from 0 to 1 in training. */
  readonly weight?: number;
}

/** The classes of examples. */
export interface VariationalLabels {
  /** The class of each example, int32 `[batch]`. */
  readonly labels: Tensor1D;
}

/** The numbers to predict. */
export interface VariationalTargets {
  /** The targets, of the shape of the outputs. */
  readonly targets: Tensor;
  /** The precision of their noise, above 0. */
  readonly precision: number;
}

/**
 * The negative bound of the evidence of a network whose weights are random, for each example: the mean negative log-likelihood of the
 * batch, and the divergence of the weights from the prior by the number of training examples.
 *
 * Cross-entropy for `labels`; for `targets` the Gaussian log-likelihood of noise of a precision, without its constant.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mnfDense, mnfNetwork, variationalLoss } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = mnfNetwork([mnfDense(key(0), { inputs: 2, units: 3 })]);
 * const labels = tf.tensor1d([0, 2], "int32");
 * const loss = variationalLoss(network, tf.ones([2, 2]), { key: key(1), size: 100, labels });
 * expect((await loss.data())[0]).toBeGreaterThan(0);
 * network.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1703.01961 | Louizos and Welling, Multiplicative normalizing flows for variational Bayesian neural networks}
 *
 * @param network The network; borrowed.
 * @param x The inputs of the batch, `[batch, ...input]`.
 * @param options The labels, int32 `[batch]`, or the targets, of the shape of the outputs; the key and the number of examples.
 * @returns The loss, a scalar, for `optimizer.minimize`.
 * @throws {TypeError} When there are neither labels nor targets.
 * @throws {RangeError} When `size` is not a positive integer, `precision` not above 0, or `weight` negative.
 */
export function variationalLoss(network: MnfNetwork, x: Tensor, options: VariationalLossOptions): Scalar {
  const action = "compute the variational loss";
  const { key, size, weight = 1 } = options;
  checkInteger(action, "size", size, 1);
  if (!(weight >= 0)) throw new RangeError(`Cannot ${action}: weight must be at least 0 but found ${weight}`);
  if ("targets" in options) checkPositive(action, "precision", options.precision);
  else if (!("labels" in options))
    throw new TypeError(`Cannot ${action}: expected labels or targets but found neither`);
  const [forward, divergence] = split(key) as [Key, Key];
  return tidy(() => {
    const outputs = network.apply(x, { key: forward });
    const likelihood = mean("labels" in options ? crossEntropy(outputs, options.labels) : squares(outputs, options));
    return add(likelihood, mul(network.divergence(divergence), weight / size)) as Scalar;
  });
}

function crossEntropy(logits: Tensor, labels: Tensor1D): Tensor {
  return neg(sum(mul(cast(oneHot(labels, logits.shape.at(-1)!), "float32"), logSoftmax(logits)), -1));
}

/** `tau |y - f|² / 2` for each example. */
function squares(
  outputs: Tensor,
  { targets, precision }: { readonly targets: Tensor; readonly precision: number },
): Tensor {
  return mul(sum(squaredDifference(outputs, targets), -1), precision / 2);
}
