import { foldIn, normalValues } from "@jem-js/random";
import {
  matMul,
  mul,
  nextFrame,
  slice,
  softmax,
  stack,
  sub,
  type Tensor,
  type Tensor2D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkInteger, checkPositive, checkTensor } from "./_check.ts";
import { choleskyFactor, solveTransposed } from "./_cholesky.ts";
import { checkSample } from "./_draws.ts";
import { type LastLayer, lastLayerOf } from "./_last_layer.ts";
import type { LayersModel } from "./layers_model.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";

/** Options of {@linkcode laplace}. */
export interface LaplaceOptions {
  /** Whether the outputs are logits of classes, or values with Gaussian noise. */
  readonly likelihood: "classification" | "regression";
  /** The precision of the noise of values, above 0. @default {1} */
  readonly precision?: number;
  /** The precision of the normal prior of each weight, above 0: as weight decay, `N lambda`. @default {1} */
  readonly priorPrecision?: number;
  /** How many training inputs go through the model at a time. @default {500} */
  readonly batchSize?: number;
}

/** The largest number of weights whose covariance is kept. */
const MAX_WEIGHTS = 3000;

/**
 * The Laplace approximation of the last layer: a Gaussian around its trained weights, whose precision is the generalized Gauss-Newton
 * matrix of the training inputs and the prior's. No labels are needed, and the rest of the network is as trained.
 *
 * With features `phi` (and 1 for the bias): `P = sum_n phi phi' ⊗ Lambda_n + priorPrecision I`, where `Lambda = diag(p) - p p'` for
 * classes and `precision I` for values, for which it is exact. Samples draw the weights, one draw for all inputs. The covariance is
 * full: `(features + 1) outputs` may be 3,000 at most.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { laplace, predict } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * const network = await laplace(model, tf.linspace(-1, 1, 50).reshape([50, 1]), { likelihood: "regression" });
 * const x = tf.tensor2d([[0], [100]]);
 * const { epistemicVariance } = await predict(network, x, { key: key(0), samples: 50, output: "values" });
 * const [near, far] = await epistemicVariance.data();
 * expect(far).toBeGreaterThan(near!);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2106.14806 | Daxberger et al., Laplace redux}
 *
 * @param model The trained model, borrowed for as long as the network is used. Its last layer is dense and linear.
 * @param train The training inputs, `[n, ...input]`; borrowed.
 * @param options The likelihood and the prior.
 * @returns The network: from `[batch, ...input]` to `[samples, batch, outputs]`.
 * @throws {TypeError} When the model is not a `tf.LayersModel` of one input and one output with such a last layer.
 * @throws {RangeError} When a number is out of range, or there are too many weights.
 */
export async function laplace(model: LayersModel, train: Tensor, options: LaplaceOptions): Promise<StochasticNetwork> {
  const action = "create a Laplace approximation";
  const { likelihood, precision = 1, priorPrecision = 1, batchSize = 500 } = options;
  checkChoice(action, "likelihood", likelihood, ["classification", "regression"]);
  checkPositive(action, "precision", precision);
  checkPositive(action, "priorPrecision", priorPrecision);
  checkInteger(action, "batchSize", batchSize, 1);
  checkTensor(action, "train", train, 2);
  const last = lastLayerOf(action, model);
  const { inputs, outputs } = last;
  const size = inputs * outputs;
  if (size > MAX_WEIGHTS) {
    throw new RangeError(`Cannot ${action}: the last layer must have at most ${MAX_WEIGHTS} weights but found ${size}`);
  }
  checkSample(action, train, last.program, 1, 1);
  const center = await last.weights();
  const matrix = new Float64Array(size * size);
  for (let offset = 0; offset < train.shape[0]!; offset += batchSize) {
    const batch = tidy(() => last.features(slice(train, [offset], [Math.min(batchSize, train.shape[0]! - offset)])));
    try {
      if (likelihood === "classification") await addClasses(matrix, batch, last, center);
      else await addValues(matrix, batch, last, precision);
    } finally {
      batch.dispose();
    }
    await nextFrame();
  }
  for (let i = 0; i < size; i++) matrix[i * size + i]! += priorPrecision;
  const factor = choleskyFactor(matrix, size)!;

  return {
    method: "laplace",
    maxSamples: Number.POSITIVE_INFINITY,
    sample(x, { key, samples }) {
      checkSample("sample a Laplace approximation", x, last.program, samples, Number.POSITIVE_INFINITY);
      return tidy(() => {
        const features = last.features(x);
        const draw = (t: number): Tensor => {
          const noise = solveTransposed(factor, Float64Array.from(normalValues(foldIn(key, t), size)));
          return matMul(
            features,
            tensor2d(
              Float32Array.from(noise, (value, i) => center[i]! + value),
              [inputs, outputs],
            ),
          );
        };
        return stack(Array.from({ length: samples }, (_, t) => draw(t)));
      });
    },
    dispose() {},
  };
}

/** Adds `precision phi phi'` of a batch to the block of each output. */
async function addValues(
  matrix: Float64Array,
  features: Tensor2D,
  { outputs }: LastLayer,
  precision: number,
): Promise<void> {
  const gram = tidy(() => mul(matMul(features, features, true), precision));
  add(matrix, await gram.data(), outputs, (k, l) => k === l);
  gram.dispose();
}

/** Adds `phi phi' (p_k [k = l] - p_k p_l)` of a batch to the block of each pair of classes. */
async function addClasses(
  matrix: Float64Array,
  features: Tensor2D,
  { inputs, outputs }: LastLayer,
  center: Float64Array,
): Promise<void> {
  const probabilities = tidy(() => softmax(matMul(features, tensor2d(Float32Array.from(center), [inputs, outputs]))));
  for (let k = 0; k < outputs; k++) {
    for (let l = 0; l <= k; l++) {
      const gram = tidy(() => {
        const [p, q] = [column(probabilities, k), column(probabilities, l)];
        const weight = k === l ? mul(p, sub(1, p)) : mul(mul(p, q), -1);
        return matMul(features, mul(features, weight) as Tensor2D, true);
      });
      add(matrix, await gram.data(), outputs, (a, b) => (a === k && b === l) || (a === l && b === k));
      gram.dispose();
    }
  }
  probabilities.dispose();
}

function column(matrix: Tensor, i: number): Tensor {
  return slice(matrix, [0, i], [-1, 1]);
}

/** Adds a matrix of features to the blocks of pairs of outputs: weight `(i, k)` has the index `i outputs + k`. */
function add(
  matrix: Float64Array,
  gram: ArrayLike<number>,
  outputs: number,
  isBlock: (k: number, l: number) => boolean,
): void {
  const inputs = Math.round(Math.sqrt(gram.length));
  for (let k = 0; k < outputs; k++) {
    for (let l = 0; l < outputs; l++) {
      if (!isBlock(k, l)) continue;
      for (let i = 0; i < inputs; i++) {
        for (let j = 0; j < inputs; j++) {
          matrix[(i * outputs + k) * inputs * outputs + j * outputs + l]! += gram[i * inputs + j]!;
        }
      }
    }
  }
}
