import { type Key, normalValues } from "@jem-js/random";
import {
  add,
  cast,
  div,
  exp,
  expandDims,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  relu,
  type Scalar,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { checkInteger, checkNonNegative } from "./_check.ts";
import { isTensor } from "./_outputs.ts";

/** Options of {@linkcode classGaussianHead}. */
export interface ClassGaussianHeadOptions {
  /** How many features it takes in. */
  readonly features: number;
  /** How many classes there are, at least 2. */
  readonly classes: number;
  /** The key of the initial centers, standard normal. */
  readonly key: Key;
  /** The weight of the pull of examples to the center of their class, at least 0. @default {1} */
  readonly pull?: number;
}

/** A last layer of one Gaussian a class. What it returns belongs to the caller; its variables are freed by `dispose`. */
export interface ClassGaussianHead {
  /** The centers `[classes, features]`, the logarithms of deviations `[classes]` and the biases `[classes]`, to be trained. */
  readonly variables: readonly [centers: Variable, logDeviations: Variable, biases: Variable];
  /** `D_k`, `[batch, classes]`, of features `[batch, features]`. */
  distances(features: Tensor2D): Tensor2D;
  /** The logits `-D + b`, `[batch, classes]`. */
  logits(features: Tensor2D): Tensor2D;
  /** The loss, a scalar, for labels `[batch]`: an int32 tensor or an array. */
  loss(features: Tensor2D, labels: Tensor | ArrayLike<number>): Scalar;
  /** Frees the variables. */
  dispose(): void;
}

/**
 * The head of a deep generative classifier (Deep-MCDD): features of a class `k` are taken for a Gaussian of one deviation, with
 * `D_k = ||f - mu_k||^2 / (2 s_k^2) + d log s_k`, minus its log-density up to a constant.
 *
 * The loss `mean(pull D_y - log softmax(-D + b)_y)` pulls examples to the center of their class and away from the others. As in
 * the code of the authors `log s_k` is cut off at 0 from below. Give the distances to `mcdd`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { classGaussianHead } from "@jem-js/ood";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const head = classGaussianHead({ features: 4, classes: 3, key: key(0) });
 * const features = tf.ones([2, 4]) as tf.Tensor2D;
 * expect(head.distances(features).shape).toEqual([2, 3]);
 * expect(head.loss(features, [0, 2]).shape).toEqual([]);
 * head.dispose();
 * ```
 *
 * @see {@link https://doi.org/10.1145/3394486.3403189 | Lee et al., Multi-class data description for out-of-distribution detection}
 *
 * @param options The sizes, the key and the pull.
 * @returns The head; takes features `[batch, features]`. Holds variables until `dispose`.
 * @throws {TypeError} When `key` is no key.
 * @throws {RangeError} When `features` is not a positive integer, `classes` not one above 1, or `pull` negative.
 */
export function classGaussianHead(options: ClassGaussianHeadOptions): ClassGaussianHead {
  const { features: size, classes, key, pull = 1 } = options;
  const action = "create classGaussianHead";
  checkInteger(action, "features", size, 1);
  checkInteger(action, "classes", classes, 2);
  checkNonNegative(action, "pull", pull);
  const centers = tidy(() => variable(tensor2d(normalValues(key, classes * size), [classes, size])));
  const logDeviations = tidy(() => variable(zeros([classes])));
  const biases = tidy(() => variable(zeros([classes])));

  function distances(f: Tensor2D): Tensor2D {
    return tidy(() => {
      const logs = relu(logDeviations);
      const squares = sum(square(sub(expandDims(f, 1), expandDims(centers, 0))), 2);
      return add(div(squares, mul(exp(mul(logs, 2)), 2)), mul(logs, size)) as Tensor2D;
    });
  }

  function logits(f: Tensor2D): Tensor2D {
    return tidy(() => sub(biases, distances(f)) as Tensor2D);
  }

  return {
    variables: [centers, logDeviations, biases],
    distances,
    logits,
    loss: (f, labels) =>
      tidy(() => {
        const indices = isTensor(labels) ? labels : tensor1d(Array.from(labels), "int32");
        const hot = cast(oneHot(indices, classes), "float32");
        const of = distances(f);
        const push = neg(sum(mul(hot, logSoftmax(sub(biases, of))), 1));
        return mean(add(mul(sum(mul(hot, of), 1), pull), push)) as Scalar;
      }),
    dispose() {
      for (const owned of [centers, logDeviations, biases]) owned.dispose();
    },
  };
}
