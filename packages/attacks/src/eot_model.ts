import { foldIn, type Key } from "@jem-js/random";
import {
  addN,
  div,
  logSumExp,
  stack,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkPositiveInteger } from "./_check.ts";
import type { LogitsModel } from "./classifier.ts";
import type { StochasticModel } from "./stochastic_model.ts";

/** Options of {@linkcode eotModel}. */
export interface EotModelOptions {
  /** The key of the noise. */
  readonly key: Key;
  /** Over how many draws each call averages, at least 1: 20 in AutoAttack's version for random classifiers. @default {20} */
  readonly draws?: number;
  /**
   * What is averaged: the logits, or the probabilities, whose logarithms the logits are then. Take what the defence
   * predicts with. The cross-entropy of averaged probabilities is the loss of SmoothAdv. @default {"logits"}
   */
  readonly average?: "logits" | "probabilities";
  /** Whether each call draws anew: call `n` from `foldIn(key, n)`. Otherwise all draw as the first does: noise that is known to the attack. @default {true} */
  readonly fresh?: boolean;
}

/**
 * Makes a classifier that can be attacked of one that draws noise: its expectation over several draws, the expectation over transformation (EOT).
 *
 * `z(x) = 1/R sum_r f(x, key_r)`, or with probabilities `z(x) = log 1/R sum_r softmax f(x, key_r)`. The gradient is that of the average, with
 * the noise of the same call. Of equal keys, equal calls in an equal order give equal results; where that is to hold for batches of another size, too, do
 * not draw anew.
 *
 * @example Usage
 * ```ts
 * import { eotModel, noisyModel, pgd } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const smoothed = noisyModel((x) => tf.mul(x, 9) as tf.Tensor2D, { noiseScale: 0.25 });
 * const model = eotModel(smoothed, { key: key(0), average: "probabilities" });
 * const x = tf.tensor2d([[0.6, 0.4]]);
 * const adversarial = pgd(model, x, [0], { norm: "l2", epsilon: 0.5 }); // SmoothAdv
 * const [first, second] = await adversarial.data();
 * expect(second! - first!).toBeGreaterThan(0.4);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1707.07397 | Athalye et al., Synthesizing robust adversarial examples}
 * @see {@link https://arxiv.org/abs/1906.04584 | Salman et al., Provably robust deep learning via adversarially trained smoothed classifiers, §2.2}
 *
 * @param model What `refinedModel` or `noisyModel` returns; borrowed.
 * @param options The key and the draws.
 * @returns A classifier from `[batch, ...input]` to `[batch, classes]`. A gradient holds the memory of all draws.
 * @throws {TypeError} When `key` is no key, or `average` is neither.
 * @throws {RangeError} When `draws` is no positive integer.
 */
export function eotModel(model: StochasticModel, options: EotModelOptions): LogitsModel {
  const { key, draws = 20, average = "logits", fresh = true } = options;
  const action = "make an EOT model";
  foldIn(key, 0); // throws on what is no key
  checkPositiveInteger(action, "draws", draws);
  checkChoice(action, "average", average, ["logits", "probabilities"]);
  let calls = 0;

  function logits(x: Tensor): Tensor2D {
    const root = foldIn(key, calls);
    if (fresh) calls += 1;
    return tidy(() => {
      const drawn = Array.from({ length: draws }, (_, draw) => model.logits(x, foldIn(root, draw)));
      return average === "logits" ? div<Tensor2D>(addN(drawn), draws) : logMeanProbability(drawn);
    });
  }

  return { logits, ...(model.bounds && { bounds: model.bounds }) };
}

function logMeanProbability(drawn: readonly Tensor2D[]): Tensor2D {
  const logProbabilities = drawn.map((z) => sub<Tensor2D>(z, logSumExp(z, 1, true)));
  return sub(logSumExp(stack(logProbabilities) as Tensor3D, 0), Math.log(drawn.length));
}
