import {
  clone,
  grad,
  mul,
  neg,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import type { Classifier, ClassifierFunction } from "./classifier.ts";
import { logSumExp, softmax } from "./double_differentiable.ts";
import { type Labels, oneHotLabels } from "./labels.ts";

/** Options of {@linkcode energyHead}. */
export interface EnergyHeadOptions {
  /** How many classes the classifier has: checked against its logits when given. @default {whatever the classifier returns} */
  readonly numClasses?: number;
}

/**
 * A classifier read as an energy-based model. Inputs are `x: [batch, ...input]`; they are borrowed, results belong to
 * the caller. All members are differentiable with respect to `x` and to the classifier's variables, once.
 */
export interface EnergyHead {
  /** The classifier's logits `f(x)`, `[batch, classes]`. */
  logits(x: Tensor): Tensor2D;
  /** The energy `E(x) = -logsumexp_y f(x)[y]`, or `E(x, y) = -f(x)[y]` for labels `y`; `[batch]`. */
  energy(x: Tensor, y?: Labels): Tensor1D;
  /** The unnormalised log-density `-E(x)`, or `-E(x, y)`; `[batch]`. Larger is more typical. */
  logDensity(x: Tensor, y?: Labels): Tensor1D;
  /** The class probabilities `p(y|x) = softmax f(x)`, `[batch, classes]`. */
  probabilities(x: Tensor): Tensor2D;
  /** The score: the gradient of `logDensity(x, y)` with respect to `x`, shape of `x`. */
  score(x: Tensor, y?: Labels): Tensor;
  /** The approximate mass `-||score(x)||_2` over all elements of each input, `[batch]`. Larger is more typical. */
  approximateMass(x: Tensor): Tensor1D;
  /** Reads the logits of `x` once and throws when the classifier is not fit for use. See {@linkcode energyHead}. */
  validate(x: Tensor): Promise<void>;
}

/**
 * Reads any classifier as an energy-based model (JEM): `E(x, y) = -f(x)[y]` and `E(x) = -logsumexp_y f(x)[y]`.
 *
 * The classifier must return logits: probabilities would make every energy 0. Each call checks the shape of the logits;
 * `validate` also reads their values, which the other members never do.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const weights = tf.tensor2d([[1, -1], [0, 2]]);
 * const head = energyHead((x) => tf.matMul(x as tf.Tensor2D, weights));
 *
 * const x = tf.tensor2d([[1, 0.5]]);
 * const [energy] = await head.energy(x).data(); // the logits are [1, 0]
 * expect(energy).toBeCloseTo(-Math.log(Math.E + 1), 5);
 * const [joint] = await head.energy(x, [0]).data();
 * expect(joint).toBeCloseTo(-1, 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one, §3}
 *
 * @param classifier A function from `[batch, ...input]` to logits `[batch, classes]`, or a `tf.LayersModel` or
 * `tf.GraphModel`; borrowed.
 * @param options The number of classes, if it is to be checked.
 * @returns The head. It holds no memory of its own.
 * @throws {TypeError} When `classifier` is neither; and, from every member, when the logits are not `[batch, classes]`.
 * @throws {RangeError} When `numClasses` is not an integer above 1; from every member, when there are fewer than two
 * classes, and, from those with labels, when a label given as an array is outside `[0, classes)`; from `validate`, when a
 * logit is not finite or all rows are probabilities.
 */
export function energyHead(classifier: Classifier, options: EnergyHeadOptions = {}): EnergyHead {
  const { numClasses } = options;
  if (numClasses !== undefined && (!Number.isInteger(numClasses) || numClasses < 2)) {
    throw new RangeError(`Cannot create energy head: numClasses must be an integer above 1 but found ${numClasses}`);
  }
  const classify = asFunction(classifier);

  function logits(x: Tensor): Tensor2D {
    return tidy(() => {
      const f = checkLogits(classify(x), x, numClasses);
      // A classifier may return its very input, which stays the caller's.
      return (f as Tensor) === x ? clone(f) : f;
    });
  }

  function logDensity(x: Tensor, y?: Labels): Tensor1D {
    return tidy(() => {
      const f = logits(x);
      if (y === undefined) return logSumExp(f) as Tensor1D;
      return sum(mul(f, oneHotLabels("compute the energy", y, f.shape[0], f.shape[1])), 1);
    });
  }

  function energy(x: Tensor, y?: Labels): Tensor1D {
    return tidy(() => neg(logDensity(x, y)));
  }

  function probabilities(x: Tensor): Tensor2D {
    return tidy(() => softmax(logits(x)) as Tensor2D);
  }

  function score(x: Tensor, y?: Labels): Tensor {
    // The gradient of the sum over the batch: examples do not influence one another.
    return grad((input) => sum(logDensity(input, y)))(x);
  }

  function approximateMass(x: Tensor): Tensor1D {
    return tidy(() => {
      const perElement = reshape(score(x), [x.shape[0]!, -1]);
      return neg(sqrt(sum(square(perElement), 1)));
    });
  }

  async function validate(x: Tensor): Promise<void> {
    const f = logits(x);
    const [batch, classes] = f.shape;
    const values = Float32Array.from(await f.data());
    f.dispose();
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong !== -1) {
      throw new RangeError(
        `Cannot use the classifier: logits must be finite but found ${values[wrong]} ` +
          `for example ${Math.floor(wrong / classes)}, class ${wrong % classes}`,
      );
    }
    const isProbability = (row: Float32Array): boolean =>
      row.every((value) => value >= 0 && value <= 1) && Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-4;
    const rows = Array.from({ length: batch }, (_, i) => values.subarray(i * classes, (i + 1) * classes));
    if (batch > 0 && rows.every(isProbability)) {
      throw new RangeError(
        "Cannot use the classifier: it returns probabilities (rows that sum to 1); remove its final softmax so that it returns logits",
      );
    }
  }

  return { logits, energy, logDensity, probabilities, score, approximateMass, validate };
}

function asFunction(classifier: Classifier): ClassifierFunction {
  if (typeof classifier === "function") return classifier;
  if (typeof classifier?.apply === "function") return (x) => classifier.apply!(x, { training: false });
  if (typeof classifier?.predict === "function") return (x) => classifier.predict!(x);
  throw new TypeError(
    `Cannot create energy head: classifier must be a function or a model with apply() or predict() but found ${typeof classifier}`,
  );
}

function checkLogits(logits: unknown, x: Tensor, numClasses: number | undefined): Tensor2D {
  const shape = (logits as Tensor | undefined)?.shape;
  if (!Array.isArray(shape) || Array.isArray(logits)) {
    throw new TypeError("Cannot use the classifier: it must return one tensor of logits [batch, classes]");
  }
  const batch = x.shape[0];
  if (shape.length !== 2 || shape[0] !== batch) {
    throw new TypeError(
      `Cannot use the classifier: logits must be [${batch}, classes] for inputs [${x.shape.join(", ")}] ` +
        `but found [${shape.join(", ")}]`,
    );
  }
  if (numClasses !== undefined && shape[1] !== numClasses) {
    throw new TypeError(`Cannot use the classifier: logits must have ${numClasses} classes but found ${shape[1]}`);
  }
  if (shape[1]! < 2) {
    throw new RangeError(`Cannot use the classifier: logits must have at least 2 classes but found ${shape[1]}`);
  }
  return logits as Tensor2D;
}
