import { clone, type Tensor, type Tensor1D, type Tensor2D, tidy, type Variable } from "@tensorflow/tfjs-core";
import { headOf } from "./_head.ts";
import { networkOf } from "./_network.ts";
import type { Classifier } from "./classifier.ts";
import type { Labels } from "./labels.ts";

/** Options of {@linkcode energyHead}. */
export interface EnergyHeadOptions {
  /** How many classes the classifier has: checked against its logits when given. @default {whatever the classifier returns} */
  readonly numClasses?: number;
  /**
   * The layer of a layers model, or the node of a graph model, whose output is the logits, by its name: for models that end
   * in a softmax. @default {the model's output}
   */
  readonly logits?: string;
  /**
   * Where the features are found: the name or the index of a layer (-2: the last but one), the name of a graph's node, or
   * a function of `[batch, ...input]`. @default {undefined: no features}
   */
  readonly features?: string | number | ((x: Tensor) => Tensor);
  /**
   * Calls a layers model in training mode: dropout drops, and batch normalisation uses the batch's statistics, which ties the
   * energies of a batch together, and moves its averages with every call. @default {false}
   */
  readonly training?: boolean;
  /** The variables that train a classifier that is a function. @default {[]; those of a model are known} */
  readonly variables?: readonly Variable[];
}

/**
 * A classifier read as an energy-based model. Inputs are `x: [batch, ...input]`; they are borrowed, results belong to
 * the caller. All members are differentiable with respect to `x` and to the classifier's variables, once, and further where the
 * classifier is: see `checkSecondDerivatives`.
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
  /** What the classifier computes at the place of the option `features`, `[batch, ...]`. Only with that option. */
  features?(x: Tensor): Tensor;
  /** The variables that train the classifier: a model's trainable weights as they are now, none of a graph model. */
  readonly variables: readonly Variable[];
  /** Reads the logits of `x` once and throws when the classifier is not fit for use. See {@linkcode energyHead}. */
  validate(x: Tensor): Promise<void>;
}

/**
 * Reads any classifier as an energy-based model (JEM): `E(x, y) = -f(x)[y]` and `E(x) = -logsumexp_y f(x)[y]`.
 *
 * The classifier must return logits: of probabilities, or their logarithms, the energies say nothing. A model that ends in a softmax
 * is refused at once, a function by `validate`. Each call checks the shape of the logits;
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
 * @param options The number of classes, if it is to be checked, and where in a model logits and features are.
 * @returns The head. It holds no memory of its own.
 * @throws {TypeError} When `classifier` is neither, an option does not go with it, or it can be seen to end in a softmax; from every
 * member, when the logits are not `[batch, classes]`; from `score`, when an operation has no gradient.
 * @throws {RangeError} When `numClasses` is not an integer above 1; from every member, when there are fewer than two
 * classes, and, from those with labels, when a label given as an array is outside `[0, classes)`; from `validate`, when a
 * logit is not finite or all rows are probabilities or their logarithms.
 */
export function energyHead(classifier: Classifier, options: EnergyHeadOptions = {}): EnergyHead {
  const { numClasses } = options;
  if (numClasses !== undefined && (!Number.isInteger(numClasses) || numClasses < 2)) {
    throw new RangeError(`Cannot create energy head: numClasses must be an integer above 1 but found ${numClasses}`);
  }
  const network = networkOf(classifier, options);

  function terms(x: Tensor): { readonly logits: Tensor2D } {
    const f = checkLogits(network.logits(x), x, numClasses);
    // A classifier may return its very input, which stays the caller's.
    return { logits: (f as Tensor) === x ? clone(f) : f };
  }

  function features(x: Tensor): Tensor {
    return tidy(() => {
      const found = network.features!(x);
      if (!isTensor(found) || found.shape[0] !== x.shape[0]) {
        throw new TypeError(
          `Cannot compute features: they must be one tensor [${x.shape[0]}, ...] but found ${isTensor(found) ? `[${found.shape.join(", ")}]` : typeof found}`,
        );
      }
      return found === x ? clone(found) : found;
    });
  }

  return headOf({ terms, variables: network.variables, ...(network.features && { features }) });
}

function isTensor(value: unknown): value is Tensor {
  return Array.isArray((value as Tensor | undefined)?.shape) && !Array.isArray(value);
}

function checkLogits(logits: unknown, x: Tensor, numClasses: number | undefined): Tensor2D {
  if (!isTensor(logits)) {
    throw new TypeError("Cannot use the classifier: it must return one tensor of logits [batch, classes]");
  }
  const batch = x.shape[0];
  const { shape } = logits;
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
