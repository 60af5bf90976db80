import type { Key } from "@jem-js/random";
import { add, mul, reshape, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { checkBounds, checkInputs, checkKeys, checkPositive } from "./_check.ts";
import { asFunction, boundsOf } from "./_classify.ts";
import { noiseOf } from "./_noise.ts";
import { keysOf } from "./_norms.ts";
import type { Classifier } from "./classifier.ts";
import type { StochasticModel } from "./stochastic_model.ts";

/** Options of {@linkcode noisyModel}. */
export interface NoisyModelOptions {
  /** The standard deviation `sigma` of the noise, above 0, in the units of `x`. */
  readonly noiseScale: number;
  /** The smallest and the largest value of an input before the noise. @default {those of the classifier, or [0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
}

/**
 * A classifier whose inputs get Gaussian noise, `f(x + sigma e)`, `e ~ N(0, I)`: the base of a smoothed classifier. The noise is not clipped.
 *
 * `randomizedSmoothing` certifies it. The attack on it is `eotModel(noisyModel(...), { average: "probabilities", ... })`, whose
 * cross-entropy is that of SmoothAdv.
 *
 * @example Usage
 * ```ts
 * import { noisyModel } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const model = noisyModel((x) => x as tf.Tensor2D, { noiseScale: 0.25 });
 * const x = tf.zeros([1000, 2]);
 * const { variance } = tf.moments(model.logits(x, key(0)));
 * expect((await variance.data())[0]).toBeCloseTo(0.25 ** 2, 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.02918 | Cohen et al., Certified adversarial robustness via randomized smoothing}
 *
 * @param classifier A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`; borrowed.
 * @param options The noise.
 * @returns The model. It holds no memory of its own.
 * @throws {TypeError} When `classifier` is none; from `logits`, when `x` or `key` is of another kind or shape.
 * @throws {RangeError} When `noiseScale` is not above 0, or `bounds` are not ascending.
 */
export function noisyModel(classifier: Classifier, options: NoisyModelOptions): StochasticModel {
  const { noiseScale } = options;
  const action = "make a noisy model";
  const classify = asFunction(action, classifier);
  const bounds = boundsOf(classifier, options.bounds);
  checkPositive(action, "noiseScale", noiseScale);
  checkBounds(action, bounds);

  function logits(x: Tensor, key: Key | readonly Key[]): Tensor2D {
    const reading = "compute noisy logits";
    const [batch] = x.shape as [number];
    checkInputs(reading, x);
    checkKeys(reading, key, batch);
    return tidy(() => {
      const noise = noiseOf(keysOf(key, batch), 0, 1, x.size / batch);
      return classify(add(x, mul(reshape(noise, x.shape), noiseScale)));
    });
  }

  return { bounds, logits };
}
