import { mul, type Tensor2D } from "@tensorflow/tfjs-core";
import { marginal } from "./_combine.ts";
import { headOf } from "./_head.ts";
import type { EnergyHead } from "./energy_head.ts";

/** Options of {@linkcode reweight}. */
export interface ReweightOptions {
  /** The exponent `a` of `p(x)`. Greater than 0. @default {1} */
  readonly pxWeight?: number;
  /** The exponent `w` of `p(y|x)`. @default {1} */
  readonly pyxWeight?: number;
}

/**
 * Raises the two factors of a joint density to powers: `p'(x, y) = p(x)^a p(y|x)^w` up to a constant.
 *
 * {@linkcode temper} (`a = w = 1/T`) and {@linkcode guide} (`a = 1`) are cases of it. With `a = 1/T` and `w = 1` its `log p'(x)` is
 * `log p(x) / T`, the density of a chain on `p(x)` at the temperature `T`, with the classes as they were. The logits are
 * `w f(x) + (a - w) logsumexp f(x)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead, reweight } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const cold = reweight(head, { pxWeight: 10 }); // what a chain on p(x) at temperature 0.1 samples
 * const x = tf.tensor2d([[0, 0]]);
 * expect((await cold.energy(x).data())[0]).toBeCloseTo(-10 * Math.log(2), 4);
 * expect([...(await cold.probabilities(x).data())]).toEqual([0.5, 0.5]);
 * ```
 *
 * @param head The head to change, on `[batch, ...input]`; borrowed, and read at every call.
 * @param options The exponents.
 * @returns A head, with the features and variables of `head`.
 * @throws {TypeError} When `head` is none.
 * @throws {RangeError} When `pxWeight` is not above 0 or `pyxWeight` is not finite.
 */
export function reweight(head: EnergyHead, options: ReweightOptions = {}): EnergyHead {
  const action = "reweight energy head";
  const { pxWeight = 1, pyxWeight = 1 } = options;
  if (typeof head?.logits !== "function") {
    throw new TypeError(`Cannot ${action}: head must have logits() but found ${typeof head}`);
  }
  if (!(pxWeight > 0 && pxWeight < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: pxWeight must be greater than 0 but found ${pxWeight}`);
  }
  if (!Number.isFinite(pyxWeight)) {
    throw new RangeError(`Cannot ${action}: pyxWeight must be finite but found ${pyxWeight}`);
  }
  const rest = pxWeight - pyxWeight;
  return headOf({
    terms: (x) => {
      const f = head.logits(x);
      const logits = mul(f, pyxWeight) as Tensor2D;
      return rest === 0 ? { logits } : { logits, offset: mul(marginal(f), rest) };
    },
    ...(head.features && { features: head.features }),
    variables: () => head.variables,
  });
}

/**
 * Heats or cools a joint density: `p'(x, y) = p(x, y)^(1/T)` up to a constant, with the logits `f(x) / T`.
 *
 * A chain with labels whose kernel reports the temperature `T` samples the `p'(x|y)` of `temper(head, T)`; a chain on `p(x)`
 * samples `p(x)^(1/T)`, which is another density than this `p'(x) = sum_y p(x, y)^(1/T)`: that of
 * `reweight(head, { pxWeight: 1 / T })`. Of a classifier it is temperature scaling, and `T` times its `E'(x)` is the
 * energy score of out-of-distribution detection.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead, temper } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const head = temper(energyHead((x) => x as tf.Tensor2D), 0.5);
 * expect((await head.energy(tf.tensor2d([[3, 1]]), [0]).data())[0]).toBe(-6);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2010.03759 | Liu et al., Energy-based out-of-distribution detection}
 * @see {@link https://arxiv.org/abs/1706.04599 | Guo et al., On calibration of modern neural networks}
 *
 * @param head The head to change, on `[batch, ...input]`; borrowed, and read at every call.
 * @param temperature The temperature `T`. Greater than 0; below 1 the modes get sharper.
 * @returns A head, with the features and variables of `head`.
 * @throws {TypeError} When `head` is none.
 * @throws {RangeError} When the temperature is not above 0.
 */
export function temper(head: EnergyHead, temperature: number): EnergyHead {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot temper energy head: temperature must be greater than 0 but found ${temperature}`);
  }
  return reweight(head, { pxWeight: 1 / temperature, pyxWeight: 1 / temperature });
}

/**
 * Guides class-conditional sampling: `p'(x, y) = p(x) p(y|x)^w` up to a constant, whose score with labels is
 * `score(x) + w (score(x, y) - score(x))`, the formula of classifier-free guidance.
 *
 * A weight of 1 changes nothing, 0 forgets the label, above 1 samples are more typical of their class and less diverse, below 0
 * they avoid it.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead, guide } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D); // the scores are softmax(x) and, for label 0, [1, 0]
 * const score = guide(head, 3).score(tf.tensor2d([[0, 0]]), [0]);
 * const [first, second] = await score.data();
 * expect(first).toBeCloseTo(0.5 + 3 * 0.5, 5);
 * expect(second).toBeCloseTo(0.5 - 3 * 0.5, 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2207.12598 | Ho and Salimans, Classifier-free diffusion guidance} (equation 6, whose weight is this one minus 1)
 *
 * @param head The head to change, on `[batch, ...input]`; borrowed, and read at every call.
 * @param weight The guidance weight `w`.
 * @returns A head, with the features and variables of `head`. Pass labels to its `score` and `energy`.
 * @throws {TypeError} When `head` is none.
 * @throws {RangeError} When the weight is not finite.
 */
export function guide(head: EnergyHead, weight: number): EnergyHead {
  if (!Number.isFinite(weight)) {
    throw new RangeError(`Cannot guide energy head: weight must be finite but found ${weight}`);
  }
  return reweight(head, { pyxWeight: weight });
}
