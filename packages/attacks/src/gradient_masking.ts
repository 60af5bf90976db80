import { foldIn, type Key } from "@jem-js/random";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import {
  checkClasses,
  checkEpsilon,
  checkInputs,
  checkInsideBounds,
  checkKeys,
  checkLabels,
  checkNorm,
  checkPositiveInteger,
  isTensor,
} from "./_check.ts";
import { asFunction, boundsOf, readLogits } from "./_classify.ts";
import { dot, lookAt, type Path, walk } from "./_masking.ts";
import { confine, keysOf, randomStart } from "./_norms.ts";
import type { Norm } from "./attack_options.ts";
import type { Classifier } from "./classifier.ts";
import type { Labels } from "./labels.ts";
import { misclassification } from "./misclassification.ts";

/** Options of {@linkcode gradientMasking}. */
export interface GradientMaskingOptions {
  /** The norm of the ball. */
  readonly norm: Norm;
  /** The radius of the ball, above 0, at which robustness is claimed. */
  readonly epsilon: number;
  /** The key of the random points of the ball: example `i` draws from `foldIn(key, i)`. */
  readonly key: Key;
  /** How many steps `pgd` takes. @default {50} */
  readonly steps?: number;
  /** How many random points of the ball the loss is looked at. @default {100} */
  readonly draws?: number;
  /** The smallest and the largest value of an input. @default {those of the model, or [0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
}

/** One sign that gradients do not lead where they should. */
export interface MaskingIndicator {
  /** What is measured; NaN where no example is left to measure it on. */
  readonly value: number;
  /** The value above which it is suspicious. */
  readonly threshold: number;
  /** Whether `value` is above `threshold`. */
  readonly suspicious: boolean;
}

/** What {@linkcode gradientMasking} measures. Shares are of examples. */
export interface GradientMasking {
  /** The largest difference between the logits of the same inputs in five calls: above 0 the classifier is random, and needs an `eotModel`. */
  readonly randomLogits: MaskingIndicator;
  /** One minus the mean cosine between the gradients of two calls at the same inputs: how much of a gradient is noise. */
  readonly noisyGradients: MaskingIndicator;
  /** The share whose loss has a gradient of zero at `x`: the loss underflows, or something is not differentiable. */
  readonly zeroGradients: MaskingIndicator;
  /** The mean relative change of the loss at random points of the ball, each counted up to 1: a rugged loss. */
  readonly unstableLoss: MaskingIndicator;
  /** The share of those that withstand the last iterate of `pgd` but were misclassified on its path. */
  readonly silentSuccess: MaskingIndicator;
  /** The share of those that withstand whose best loss rose in the last 10 steps (of fewer than 20 the last half) by more than 5 % of all it rose: more steps are needed. */
  readonly incompleteOptimization: MaskingIndicator;
  /** By how much the share that is broken differs between the cross-entropy and the margin. */
  readonly lossGap: MaskingIndicator;
  /** The share that withstands an attack that may go anywhere in the bounds: nothing can be robust to it. */
  readonly unboundedFailure: MaskingIndicator;
  /** The L1 norm of the gradient of each example, at `x`. */
  readonly gradientNorms: Float64Array;
}

/**
 * Looks for signs that a classifier withstands gradient attacks for the wrong reason: that its gradients mislead, and not that it is robust.
 *
 * The loss is the cross-entropy, the attack `pgd` from `x`. None of the signs is a proof; one that is suspicious is a reason to change the
 * attack until it is not. Examples that are misclassified to begin with are left out.
 *
 * @example Usage
 * ```ts
 * import { gradientMasking } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const network = (x: tf.Tensor, scale: number) => tf.mul(tf.sub(x, tf.reverse(x, 1)), scale) as tf.Tensor2D;
 * const x = tf.tensor2d([[0.8, 0.2], [0.7, 0.4]]);
 * const options = { norm: "linf", epsilon: 0.1, key: key(0) } as const;
 * const honest = await gradientMasking((z) => network(z, 2), x, [0, 0], options);
 * expect(honest.zeroGradients.suspicious).toBe(false);
 * const masked = await gradientMasking((z) => network(z, 1000), x, [0, 0], options); // the softmax saturates
 * expect(masked.zeroGradients.suspicious).toBe(true);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2106.09947 | Pintor et al., Indicators of attack failure}
 * @see {@link https://arxiv.org/abs/1802.00420 | Athalye et al., Obfuscated gradients give a false sense of security}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`; borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one, all attacked at once; borrowed.
 * @param labels The true classes: int32 `[examples]`, or an array; borrowed.
 * @param options The ball, the key and the effort.
 * @returns The indicators, of plain numbers and arrays.
 * @throws {TypeError} When the model, `x`, `labels`, the logits, `norm` or `key` are of another kind or shape.
 * @throws {RangeError} When there are no examples, `epsilon` is not above 0, `steps` or `draws` no positive integer, an input outside the bounds, or a
 * label no class.
 */
export async function gradientMasking(
  model: Classifier,
  x: Tensor,
  labels: Labels,
  options: GradientMaskingOptions,
): Promise<GradientMasking> {
  const { norm, epsilon, key, steps = 50, draws = 100 } = options;
  const action = "look for gradient masking";
  const classify = asFunction(action, model);
  const bounds = boundsOf(model, options.bounds);
  checkInputs(action, x);
  const size = x.shape[0]!;
  if (size === 0) throw new RangeError(`Cannot ${action}: x must hold at least one example but found none`);
  checkLabels(action, labels, size);
  checkNorm(action, norm);
  checkEpsilon(action, epsilon);
  if (epsilon === 0) throw new RangeError(`Cannot ${action}: epsilon must be greater than 0 but found 0`);
  checkKeys(action, key, size);
  checkPositiveInteger(action, "steps", steps);
  checkPositiveInteger(action, "draws", draws);
  await checkInsideBounds(action, x, bounds);

  const criterion = misclassification(isTensor(labels) ? await labels.data() : labels);
  const first = await lookAt(classify, criterion, x);
  checkClasses(action, criterion, first.logits.length / size);
  const again = await lookAt(classify, criterion, x);
  let randomness = 0;
  for (let call = 0; call < 3; call++) {
    const { values } = await readLogits(classify(x));
    for (const other of [again.logits, values]) {
      randomness = other.reduce((most, z, i) => Math.max(most, Math.abs(z - first.logits[i]!)), randomness);
    }
  }
  const included = Array.from(first.margins.keys()).filter((i) => first.margins[i]! <= 0);
  const share = (among: readonly number[], holds: (i: number) => boolean): number =>
    among.filter(holds).length / among.length;
  const meanOf = (among: readonly number[], value: (i: number) => number): number =>
    among.reduce((total, i) => total + value(i) / among.length, among.length > 0 ? 0 : Number.NaN);

  const keys = keysOf(key, size);
  const changes = new Float64Array(size);
  for (let draw = 0; draw < draws; draw++) {
    const moved = tidy(() => {
      const start = randomStart(
        norm,
        x,
        epsilon,
        keys.map((one) => foldIn(one, draw)),
      );
      return confine(norm, start, x, epsilon, bounds);
    });
    const { losses } = await lookAt(classify, criterion, moved);
    moved.dispose();
    losses.forEach((loss, i) => {
      const change = Math.abs(loss - first.losses[i]!) / Math.max(Math.abs(first.losses[i]!), 1e-12);
      changes[i]! += Math.min(change, 1) / draws;
    });
  }

  const climb = (loss: "crossEntropy" | "margin", ball: { norm: Norm; epsilon: number }): Promise<Path> =>
    walk(classify, criterion, x, { ...ball, steps, bounds, loss });
  const path = await climb("crossEntropy", { norm, epsilon });
  const other = await climb("margin", { norm, epsilon });
  const unbounded = await climb("crossEntropy", { norm: "linf", epsilon: bounds[1] - bounds[0] });
  const standing = included.filter((i) => !path.broken(i));
  const norms = (v: Float32Array, i: number): number => Math.sqrt(dot(v, v, i, size));
  const sloped = included.filter((i) => norms(first.gradients, i) > 0 && norms(again.gradients, i) > 0);
  return {
    randomLogits: indicator(randomness, 1e-4),
    noisyGradients: indicator(
      1 -
        meanOf(
          sloped,
          (i) =>
            dot(first.gradients, again.gradients, i, size) / (norms(first.gradients, i) * norms(again.gradients, i)),
        ),
      0.5,
    ),
    zeroGradients: indicator(
      share(included, (i) => !(first.gradientNorms[i]! > 0)),
      0,
    ),
    unstableLoss: indicator(
      meanOf(included, (i) => changes[i]!),
      0.5,
    ),
    silentSuccess: indicator(
      share(
        included.filter((i) => !path.brokenAtEnd(i)),
        path.broken,
      ),
      0.05,
    ),
    incompleteOptimization: indicator(share(standing, path.rising), 0.05),
    lossGap: indicator(Math.abs(share(included, path.broken) - share(included, other.broken)), 0.05),
    unboundedFailure: indicator(
      share(included, (i) => !unbounded.broken(i)),
      0,
    ),
    gradientNorms: first.gradientNorms,
  };
}

function indicator(value: number, threshold: number): MaskingIndicator {
  return { value, threshold, suspicious: value > threshold };
}
