import type { Key } from "@jem-js/random";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import {
  checkChoice,
  checkInputs,
  checkKeys,
  checkNonNegative,
  checkPositive,
  checkPositiveInteger,
} from "./_check.ts";
import { asFunction } from "./_classify.ts";
import { noiseOf } from "./_noise.ts";
import { keysOf } from "./_norms.ts";
import { type Noise, type Refinement, refinedLogits } from "./_refine.ts";
import { type AttackModel, type AttackModelOptions, attackModel } from "./attack_model.ts";
import type { LogitsModel } from "./classifier.ts";
import type { StochasticModel } from "./stochastic_model.ts";

/** A classifier that is a density: what can be refined. An energy head is one. */
export interface RefinableModel extends LogitsModel {
  /** The gradient of `log p(z)` with respect to `z: [batch, ...input]`; the shape of `z`. */
  score(z: Tensor): Tensor;
}

/**
 * What attacks on a refined model get for its gradient.
 *
 * - `"none"`: that of the network at the inputs before the first step, as if there were no steps: the adversary who transfers from the static network.
 * - `"straightThrough"`: that at the ends of the chains, with the identity for the Jacobian of the steps: what the code of the JEM paper
 *   computes. Robustness that is measured with it alone may be overstated.
 * - `"exact"`: through the steps, by the Hessian-vector products that `hessianVectorProduct` computes.
 */
export type RefinementGradient =
  | {
      /** The gradient. @default {"straightThrough"} */
      readonly gradient?: "none" | "straightThrough";
    }
  | {
      /** The gradient. */
      readonly gradient: "exact";
      /**
       * The product of the Hessian of `log p(z)` with `v`, both `[rows, ...input]`; a new tensor. `hessianVectorProduct` of `@jem-js/energy`, as in
       * `(z, v) => hessianVectorProduct(head, z, v)`.
       */
      readonly hessianVectorProduct: (z: Tensor, v: Tensor) => Tensor;
    };

/** Options of {@linkcode refinedModel}. */
export type RefinedModelOptions = AttackModelOptions &
  RefinementGradient & {
    /** How many steps the chains take, at least 0: 0, 1 and 10 in the paper. @default {10} */
    readonly steps?: number;
    /** How many chains start at each input. @default {5} */
    readonly chains?: number;
    /** The standard deviation of the noise that is added to the inputs of the network, at least 0; in the paper's L2 attacks 0. @default {0.03} */
    readonly inputNoise?: number;
    /** The factor `a` of the score, above 0. @default {1} */
    readonly stepSize?: number;
    /** The standard deviation of the noise of a step, at least 0. @default {0.01} */
    readonly noiseScale?: number;
  };

/**
 * The threat model of a joint energy-based model: a classifier that moves its inputs towards higher density before it looks at them.
 *
 * `z = prepare(x) + inputNoise e`, for each of `chains` chains; then `steps` times `z <- z + a grad log p(z) + noiseScale e'`; the logits are the
 * mean over the chains of those at `z`. All `e` are standard normal and fresh for each key. Chains are not clipped to the bounds. A chain that
 * explodes gives NaN logits, which count as misclassified.
 *
 * Attack `eotModel(refined, ...)`, which averages over draws, and judge by `stochasticAccuracy`: one lucky draw is no break. Compare the three
 * gradients, and 0 steps, the static network, first of all.
 *
 * @example Usage
 * ```ts
 * import { energyHead, hessianVectorProduct } from "@jem-js/energy";
 * import { eotModel, pgd, refinedModel, stochasticAccuracy } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const weights = tf.tensor2d([[1, -1], [-1, 1]]);
 * const head = energyHead((z) => tf.matMul(z, weights) as tf.Tensor2D); // on [-1, 1]
 * const model = refinedModel(head, {
 *   steps: 2,
 *   preprocessing: { mean: 0.5, std: 0.5 },
 *   gradient: "exact",
 *   hessianVectorProduct: (z, v) => hessianVectorProduct(head, z, v),
 * });
 *
 * const x = tf.tensor2d([[0.7, 0.3], [0.2, 0.9]]); // in [0, 1]
 * const attacked = eotModel(model, { key: key(0), draws: 5 });
 * const adversarial = pgd(attacked, x, [0, 1], { norm: "linf", epsilon: 0.25, steps: 5 });
 * const { majorityCorrect } = await stochasticAccuracy(model, adversarial, [0, 1], { key: key(1) });
 * expect(majorityCorrect).toEqual([false, true]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model, §5.4}
 * @see {@link https://arxiv.org/abs/1802.00420 | Athalye et al., Obfuscated gradients give a false sense of security}
 *
 * @param head Anything with logits and a score, such as an energy head, at inputs `[batch, ...input]` of the network; borrowed.
 * @param options The bounds and the preprocessing, the chains, and the gradient.
 * @returns The model. It holds no memory of its own; a gradient holds that of `chains` batches.
 * @throws {TypeError} When `head` has no logits or no score, `gradient` is none of the three, or an exact gradient has no `hessianVectorProduct`; from
 * `logits`, when `x` or `key` is of another kind or shape.
 * @throws {RangeError} When an option is out of its range.
 */
export function refinedModel(head: RefinableModel, options: RefinedModelOptions = {}): StochasticModel {
  const { steps = 10, chains = 5, inputNoise = 0.03, stepSize = 1, noiseScale = 0.01 } = options;
  const { gradient = "straightThrough" } = options;
  const action = "make a refined model";
  const classify = asFunction(action, head);
  if (typeof head.score !== "function") {
    throw new TypeError(`Cannot ${action}: head must have a method score() but found ${typeof head.score}`);
  }
  if (!Number.isSafeInteger(steps) || steps < 0) {
    throw new RangeError(`Cannot ${action}: steps must be an integer of at least 0 but found ${steps}`);
  }
  checkPositiveInteger(action, "chains", chains);
  checkNonNegative(action, "inputNoise", inputNoise);
  checkPositive(action, "stepSize", stepSize);
  checkNonNegative(action, "noiseScale", noiseScale);
  checkChoice(action, "gradient", gradient, ["none", "straightThrough", "exact"]);
  const hessianVectorProduct = "hessianVectorProduct" in options ? options.hessianVectorProduct : undefined;
  if (gradient === "exact" && typeof hessianVectorProduct !== "function") {
    throw new TypeError(
      `Cannot ${action}: hessianVectorProduct must be a function for the exact gradient but found ${typeof hessianVectorProduct}`,
    );
  }
  const refinement: Refinement = {
    steps,
    chains,
    inputNoise,
    stepSize,
    noiseScale,
    gradient,
    score: (z) => head.score(z),
    logits: classify,
    ...(hessianVectorProduct && { hessianVectorProduct }),
  };

  /** The model of one draw. Preprocessing and bounds are those of attackModel. */
  function drawn(keys: readonly Key[]): AttackModel {
    return attackModel((z) => {
      const noise: Noise = (step) => noiseOf(keys, step, chains, z.size / keys.length);
      return refinedLogits(z, noise, refinement);
    }, options);
  }

  function logits(x: Tensor, key: Key | readonly Key[]): Tensor2D {
    const reading = "compute refined logits";
    checkInputs(reading, x);
    checkKeys(reading, key, x.shape[0]!);
    return drawn(keysOf(key, x.shape[0]!)).logits(x);
  }

  return { bounds: drawn([]).bounds, logits };
}
