import { div, sub, type Tensor, type Tensor2D, tensor, tidy } from "@tensorflow/tfjs-core";
import { checkBounds, checkInputs, checkInsideBounds } from "./_check.ts";
import { asFunction, type Logits, readLogits } from "./_classify.ts";
import type { Classifier, LogitsModel } from "./classifier.ts";

/** The mean and the standard deviation by which a classifier's input is scaled, for all elements or each of the last axis. */
export interface Standardization {
  /** What is subtracted. @default {0} */
  readonly mean?: number | readonly number[];
  /** What is divided by then, above 0. @default {1} */
  readonly std?: number | readonly number[];
}

/** Options of {@linkcode attackModel}. */
export interface AttackModelOptions {
  /** The smallest and the largest value of an input, before the preprocessing. @default {[0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
  /** What is done to an input before the classifier sees it. A function must be differentiable. @default {nothing} */
  readonly preprocessing?: Standardization | ((x: Tensor) => Tensor);
}

/** A classifier with the space in which it is attacked. */
export interface AttackModel extends LogitsModel {
  /** The smallest and the largest value of an input. */
  readonly bounds: readonly [low: number, high: number];
  /** Reads the logits of `x` once and throws unless the two fit together. See {@linkcode attackModel}. */
  validate(x: Tensor): Promise<void>;
}

/**
 * Puts the preprocessing of a classifier, and the bounds of what goes into it, where attacks find them, so that `x`, `epsilon` and
 * distances are in the units of the data.
 *
 * `logits(x) = f((x - mean) / std)`. A perturbation of `epsilon` here is one of `epsilon / std` at the input of the classifier.
 * Attacks take the bounds from the model unless they are given others.
 *
 * `validate(x)` throws a `RangeError` when `x` does not lie in the bounds, when a logit is not finite, or when all rows are
 * probabilities, whose gradients vanish.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { attackModel, fgsm } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const classifier = (z: tf.Tensor): tf.Tensor2D => tf.concat([z, tf.neg(z)], 1) as tf.Tensor2D; // on [-1, 1]
 * const model = attackModel(classifier, { bounds: [0, 255], preprocessing: { mean: 127.5, std: 127.5 } });
 *
 * const x = tf.tensor2d([[130], [3]]);
 * await model.validate(x);
 * const adversarial = fgsm(model, x, [0, 1], { norm: "linf", epsilon: 8 });
 * expect([...(await adversarial.data())]).toEqual([122, 11]);
 * ```
 *
 * @param classifier A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param options The bounds and the preprocessing.
 * @returns The model. It holds no memory of its own.
 * @throws {TypeError} When `classifier` is none, or `mean` or `std` is empty.
 * @throws {RangeError} When `bounds` are not ascending, or `mean` or `std` is not finite, or `std` not above 0.
 */
export function attackModel(classifier: Classifier, options: AttackModelOptions = {}): AttackModel {
  const { bounds = [0, 1], preprocessing = {} } = options;
  const action = "make an attack model";
  const classify = asFunction(action, classifier);
  checkBounds(action, bounds);
  const prepare = typeof preprocessing === "function" ? preprocessing : standardize(action, preprocessing);

  function logits(x: Tensor): Tensor2D {
    return tidy(() => classify(prepare(x)));
  }

  async function validate(x: Tensor): Promise<void> {
    const validating = "validate the attack model";
    checkInputs(validating, x);
    await checkInsideBounds(validating, x, bounds);
    const found = await readLogits(logits(x));
    const odd = found.values.findIndex((value) => !Number.isFinite(value));
    if (odd !== -1) {
      throw new RangeError(
        `Cannot ${validating}: logits must be finite but found ${found.values[odd]} for example ${Math.floor(odd / found.classes)}`,
      );
    }
    if (areProbabilities(found)) {
      throw new RangeError(`Cannot ${validating}: the model must return logits but found rows of probabilities`);
    }
  }

  return { bounds, logits, validate };
}

function standardize(action: string, { mean = 0, std = 1 }: Standardization): (x: Tensor) => Tensor {
  for (const [name, value] of Object.entries({ mean, std })) {
    const numbers = [value].flat();
    if (numbers.length === 0) throw new TypeError(`Cannot ${action}: ${name} must hold a number but found none`);
    const wrong = numbers.find((one) => !Number.isFinite(one) || (name === "std" && !(one > 0)));
    if (wrong !== undefined) {
      const expected = name === "std" ? "finite and greater than 0" : "finite";
      throw new RangeError(`Cannot ${action}: ${name} must be ${expected} but found ${wrong}`);
    }
  }
  return (x) => div(sub(x, constant(mean)), constant(std));
}

function constant(value: number | readonly number[]): Tensor {
  return tensor(value as number | number[], undefined, "float32");
}

function areProbabilities({ values, classes }: Logits): boolean {
  if (!values.every((value) => value >= 0 && value <= 1)) return false;
  for (let from = 0; from < values.length; from += classes) {
    const total = values.subarray(from, from + classes).reduce((sum, value) => sum + value, 0);
    if (Math.abs(total - 1) > 1e-3) return false;
  }
  return true;
}
