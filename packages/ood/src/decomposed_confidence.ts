import { type Key, normalValues, split } from "@jem-js/random";
import {
  add,
  div,
  expandDims,
  matMul,
  moments,
  mul,
  neg,
  ones,
  rsqrt,
  sigmoid,
  sqrt,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  tidy,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkInteger } from "./_check.ts";

/** Options of {@linkcode decomposedConfidence}. */
export interface DecomposedConfidenceOptions {
  /** How many features it takes in. */
  readonly features: number;
  /** How many classes there are, at least 2. */
  readonly classes: number;
  /** The key of the initial weights. */
  readonly key: Key;
  /**
   * The numerator `h_i`: `"inner"` is `w_i' f + b_i`, `"euclidean"` is `-||f - w_i||^2`, `"cosine"` is the cosine of `w_i` and `f`.
   * @default {"cosine"}
   */
  readonly similarity?: "inner" | "euclidean" | "cosine";
}

/** A last layer `h_i(x) / g(x)`. What it returns belongs to the caller; its variables are freed by `dispose`. */
export interface DecomposedConfidence {
  /** The weights and biases that are trained; the first, the weights of `h`, should have no weight decay. */
  readonly variables: readonly Variable[];
  /** What is not trained: the moving mean and variance of the batch normalisation within `g`. */
  readonly statistics: readonly [mean: Variable, variance: Variable];
  /** `h`, `[batch, classes]`, of features `[batch, features]`. */
  numerator(features: Tensor2D): Tensor2D;
  /** `g`, `[batch, 1]`, in (0, 1). In training it uses the statistics of the batch, and moves those that it keeps. */
  denominator(features: Tensor2D, training?: boolean): Tensor2D;
  /** The logits `h / g`, `[batch, classes]`, for a cross-entropy loss. */
  logits(features: Tensor2D, training?: boolean): Tensor2D;
  /** Frees the variables. */
  dispose(): void;
}

/** Batch normalisation: what is added to variances, and how much of the moving statistics stays. */
const EPSILON = 1e-5;
const MOMENTUM = 0.9;

/**
 * The head of Generalized ODIN: a last layer whose logits are `f_i = h_i(x) / g(x)`, after
 * `p(y | in, x) = p(y, in | x) / p(in | x)`, with `g = sigmoid(BN(w_g' f + b_g))`.
 *
 * Put it behind features, train all by cross-entropy on its logits, and give the numerator to `generalizedOdin`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { decomposedConfidence } from "@jem-js/ood";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const head = decomposedConfidence({ features: 4, classes: 3, key: key(0) });
 * const features = tf.ones([2, 4]) as tf.Tensor2D;
 * expect(head.logits(features, true).shape).toEqual([2, 3]);
 * const classifier = (x: tf.Tensor) => ({
 *   logits: head.logits(x as tf.Tensor2D),
 *   features: { numerator: head.numerator(x as tf.Tensor2D) },
 * });
 * expect(classifier(features).features.numerator.shape).toEqual([2, 3]);
 * head.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/2002.11297 | Hsu et al., Generalized ODIN: detecting out-of-distribution image without learning from out-of-distribution data}
 *
 * @param options The sizes, the key and the numerator.
 * @returns The head; takes features `[batch, features]`. Holds variables until `dispose`.
 * @throws {TypeError} When `similarity` is unknown or `key` is no key.
 * @throws {RangeError} When `features` is not a positive integer or `classes` not one above 1.
 */
export function decomposedConfidence(options: DecomposedConfidenceOptions): DecomposedConfidence {
  const { features: size, classes, key, similarity = "cosine" } = options;
  const action = "create decomposedConfidence";
  checkInteger(action, "features", size, 1);
  checkInteger(action, "classes", classes, 2);
  checkChoice(action, "similarity", similarity, ["inner", "euclidean", "cosine"]);
  const [first, second] = split(key);
  // He initialisation, as the authors use for w.
  const draw = (from: Key, columns: number): Variable => {
    const scale = Math.sqrt(2 / size);
    const values = normalValues(from, size * columns).map((value) => scale * value);
    return tidy(() => variable(tensor2d(values, [size, columns])));
  };
  const kernel = draw(first!, classes);
  const gate = draw(second!, 1);
  const make = (value: number, length: number): Variable => tidy(() => variable(mul(ones([length]), value)));
  const bias = make(0, classes);
  const gateBias = make(0, 1);
  const gamma = make(1, 1);
  const beta = make(0, 1);
  const moving = make(0, 1);
  const movingVariance = make(1, 1);
  const variables = [kernel, ...(similarity === "inner" ? [bias] : []), gate, gateBias, gamma, beta];

  function numerator(f: Tensor2D): Tensor2D {
    return tidy(() => {
      const w = kernel as unknown as Tensor2D;
      const products = matMul(f, w);
      if (similarity === "inner") return add(products, bias);
      if (similarity === "euclidean") {
        const differences = sub(expandDims(f, 2), expandDims(w, 0));
        return neg(sum(square(differences), 1)) as Tensor2D;
      }
      // A feature of 0 has no direction: its cosines are 0.
      const lengths = mul(norms(f, 1), norms(w, 0));
      return div(products, add(lengths, 1e-12)) as Tensor2D;
    });
  }

  function denominator(f: Tensor2D, training = false): Tensor2D {
    return tidy(() => {
      const raw = add(matMul(f, gate as unknown as Tensor2D), gateBias);
      let center: Tensor1D = moving as unknown as Tensor1D;
      let spread: Tensor1D = movingVariance as unknown as Tensor1D;
      if (training) {
        const batch = moments(raw, 0);
        center = batch.mean as Tensor1D;
        spread = batch.variance as Tensor1D;
        moving.assign(add(mul(moving, MOMENTUM), mul(center, 1 - MOMENTUM)));
        movingVariance.assign(add(mul(movingVariance, MOMENTUM), mul(spread, 1 - MOMENTUM)));
      }
      const normalised = mul(sub(raw, center), rsqrt(add(spread, EPSILON)));
      return sigmoid(add(mul(normalised, gamma), beta)) as Tensor2D;
    });
  }

  return {
    variables,
    statistics: [moving, movingVariance],
    numerator,
    denominator,
    logits: (f, training = false) => tidy(() => div(numerator(f), denominator(f, training)) as Tensor2D),
    dispose() {
      for (const owned of new Set([...variables, bias, moving, movingVariance])) owned.dispose();
    },
  };
}

/** Euclidean norms along an axis, which stays. The summand keeps the gradient at 0 finite. */
function norms(x: Tensor2D, axis: number): Tensor2D {
  return sqrt(add(sum(square(x), axis, true), 1e-24)) as Tensor2D;
}
