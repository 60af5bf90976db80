import {
  add,
  argMin,
  gather,
  log,
  matMul,
  mean,
  mul,
  neg,
  reshape,
  type Scalar,
  scalar,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tidy,
  valueAndGrad,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { checkNotEmpty, checkPositive, checkSameShape, checkWeights } from "./_check.ts";
import { withGradientOf } from "./_score.ts";
import { throughChain } from "./_through_chain.ts";
import { unrecorded } from "./_unrecorded.ts";
import {
  type ContrastiveBatch,
  type ContrastiveOptions,
  type ContrastiveTerms,
  contrastiveDivergence,
} from "./contrastive_divergence.ts";
import type { DensityModel } from "./model.ts";
import type { SecondDerivativeOptions } from "./second_derivative_options.ts";

/** What {@linkcode improvedContrastiveDivergence} learns from. */
export interface ImprovedContrastiveBatch extends ContrastiveBatch {
  /**
   * Where the chains were one step before they came to the negatives, `[negatives, ...input]`: the gradient passes through
   * their last step, as in the paper. Or where they were before each of their steps, the oldest first: it passes through all
   * of these (`all_step` of the reference code).
   */
  readonly previous: Tensor | readonly Tensor[];
  /**
   * Earlier samples, `[neighbors, ...input]`: 100 of the replay buffer in the reference code. Without them the entropy
   * has no term. @default {none}
   */
  readonly neighbors?: Tensor;
}

/** Options of {@linkcode improvedContrastiveDivergence}. */
export interface ImprovedContrastiveOptions extends ContrastiveOptions, SecondDerivativeOptions {
  /** The step size `a` of the Langevin steps, `x' = x + a score(x) + noise`. Greater than 0. */
  readonly stepSize: number;
  /** The bounds that the chains are clipped to: no gradient passes where they act. @default {undefined} */
  readonly clamp?: readonly [min: number, max: number];
  /** The weight of the energy of the samples. At least 0. @default {1} */
  readonly klWeight?: number;
  /** The weight of the entropy of the samples. At least 0. @default {0.3} */
  readonly entropyWeight?: number;
}

/** The loss of {@linkcode improvedContrastiveDivergence} and its parts. */
export interface ImprovedContrastiveTerms extends ContrastiveTerms {
  /** `contrast + energyL2 (...) + klWeight samplerEnergy - entropyWeight entropy`. */
  readonly loss: Scalar;
  /** The mean energy of the samples, whose gradient passes through the steps of their chains alone. */
  readonly samplerEnergy: Scalar;
  /** The mean logarithm of the distance of each sample to its nearest neighbour: their entropy up to constants. */
  readonly entropy: Scalar;
}

/**
 * Improved contrastive divergence: contrastive divergence with the term that it leaves out, the dependence of the
 * samples on the model, and with the entropy of the samples.
 *
 * `loss = CD + klWeight mean E_c(x^(theta)) - entropyWeight mean log min_j ||x^(theta) - b_j||` with `E_c` the energy
 * of constant weights and `x^(theta) = previous + a score(previous) + noise` the last Langevin step as a function of
 * the weights, or all steps of `previous`, whose value are the negatives. Where the bounds of `clamp` act, no gradient
 * passes.
 *
 * Use it when persistent chains collapse onto few modes, or training by {@linkcode contrastiveDivergence} is unstable.
 * It costs about two more passes of the negatives. Through all of `K` steps it costs `2 K` passes, whose activations the
 * gradient holds at once, besides the `K` states and `2 (K - 1)` scores one after another: memory grows with `K`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { improvedContrastiveDivergence } from "@jem-js/objectives";
 * import { key } from "@jem-js/random";
 * import { run, sgld } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => tf.mul(tf.square(x), -0.5) as tf.Tensor2D);
 * const previous = tf.tensor2d([[1, -1], [0.5, 2]]);
 * const negatives = tf.add(previous, tf.mul(head.score(previous), 0.1)); // or the last of the steps of run()
 * const batch = { x: tf.zeros([2, 2]), negatives, previous, neighbors: tf.zeros([10, 2]) };
 * const { loss, entropy } = improvedContrastiveDivergence(head, batch, { stepSize: 0.1 });
 * expect(loss.rank).toBe(0);
 * expect((await entropy.data())[0]).toBeGreaterThan(0); // the samples are further than 1 from the neighbours
 *
 * // Through all steps of the chains:
 * const kernel = sgld(head, { stepSize: 0.1, noiseScale: 0.01 });
 * const states: tf.Tensor[] = [previous.clone()];
 * const trace = ({ x }: { x: tf.Tensor }) => states.push(x.clone());
 * run(kernel, previous, { key: key(0), steps: 5, trace });
 * const end = states.pop()!;
 * const whole = improvedContrastiveDivergence(head, { x: batch.x, negatives: end, previous: states }, { stepSize: 0.1 });
 * expect(whole.loss.rank).toBe(0);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2012.01316 | Du et al., Improved contrastive divergence training of energy-based models}
 *
 * @param model The density, `[batch, ...input]` to `[batch]`.
 * @param batch Data, negatives and where they came from, borrowed.
 * @param options The steps, the weights and how derivatives are computed.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When a batch is empty, or a tensor of `previous` has not the shape of `negatives`.
 * @throws {RangeError} When `stepSize` is not above 0, a weight is negative, `clamp` is empty, or `form`, `method` or
 * `step` is none.
 */
export function improvedContrastiveDivergence(
  model: DensityModel,
  batch: ImprovedContrastiveBatch,
  options: ImprovedContrastiveOptions,
): ImprovedContrastiveTerms {
  const { negatives, previous, neighbors } = batch;
  const { stepSize, clamp, klWeight = 1, entropyWeight = 0.3, form, energyL2 = 0, ...derivatives } = options;
  checkPositive("stepSize", stepSize);
  checkWeights({ klWeight, entropyWeight });
  const states = [previous].flat() as Tensor[];
  checkNotEmpty("previous", states.length);
  for (const state of states) checkSameShape("previous", state, "negatives", negatives);
  checkNotEmpty("neighbors", neighbors?.shape[0]);
  if (clamp && !(clamp[0] < clamp[1])) {
    throw new RangeError(
      `Cannot compute the loss: clamp must be [min, max] with min < max but found [${clamp.join(", ")}]`,
    );
  }
  return tidy(() => {
    const contrastive = contrastiveDivergence(model, batch, { energyL2, ...(form && { form }) });
    const { value, grad, energy, entropy } = unrecorded(() => ofSamples(model, batch, { klWeight, entropyWeight }));
    const chain = { states, end: negatives, stepSize, clamp };
    return {
      ...contrastive,
      loss: add(contrastive.loss, withGradientOf(value, throughChain(model, chain, grad, derivatives))),
      samplerEnergy: energy,
      entropy,
    };
  });
}

/** `klWeight energy - entropyWeight entropy` of the samples, with its parts and its gradient with respect to them. */
function ofSamples(
  model: DensityModel,
  { negatives, neighbors }: ImprovedContrastiveBatch,
  { klWeight, entropyWeight }: { readonly klWeight: number; readonly entropyWeight: number },
): { readonly value: Scalar; readonly grad: Tensor; readonly energy: Scalar; readonly entropy: Scalar } {
  const energy = valueAndGrad((x) => neg(mean(model.logDensity(x))) as Scalar)(negatives);
  const closest = neighbors && nearest(negatives, neighbors);
  const entropy = closest
    ? valueAndGrad((x) => meanLogDistance(x, closest))(negatives)
    : { value: scalar(0), grad: zerosLike(negatives) };
  const combine = <T extends Tensor>(ofEnergy: T, ofEntropy: T): T =>
    sub(mul(ofEnergy, klWeight), mul(ofEntropy, entropyWeight));
  return {
    value: combine(energy.value, entropy.value),
    grad: combine(energy.grad, entropy.grad),
    energy: energy.value,
    entropy: entropy.value,
  };
}

/** The nearest of `points` to each of `x`, the shape of `x`. */
function nearest(x: Tensor, points: Tensor): Tensor {
  const rows = (t: Tensor): Tensor2D => reshape(t, [t.shape[0]!, -1]);
  // ||x - b||^2 less ||x||^2, which is the same for all points.
  const distances = sub(sum(square(rows(points)), 1), mul(matMul(rows(x), rows(points), false, true), 2));
  return gather(points, argMin(distances, 1));
}

/** The mean of `log ||x_i - y_i||`, finite where a point meets its neighbour. */
function meanLogDistance(x: Tensor, y: Tensor): Scalar {
  const squares = sum(reshape(square(sub(x, y)), [x.shape[0]!, -1]), 1);
  return mul(mean(log(add(squares, 1e-12))), 0.5);
}
