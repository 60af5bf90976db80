import { foldIn, normalValues } from "@jem-js/random";
import { matMul, nextFrame, slice, stack, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
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
 * @throws {RangeError} When a number is out of range, there are too many weights, or features are not finite.
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
  const all = Array.from({ length: outputs }, (_, k) => k);
  const isClasses = likelihood === "classification";
  // Values share one sum; of classes each pair has its own.
  const pairs = isClasses ? all.flatMap((k) => all.slice(0, k + 1).map((l) => [k, l] as const)) : [[0, 0] as const];
  const grams: Grams = { pairs, sums: pairs.map(() => new Float64Array(inputs * inputs)) };
  const weightsOf = isClasses ? classWeights(last, center) : () => () => precision;
  for (let offset = 0; offset < train.shape[0]!; offset += batchSize) {
    const batch = tidy(() => last.features(slice(train, [offset], [Math.min(batchSize, train.shape[0]! - offset)])));
    addExamples(grams, await batch.data(), inputs, weightsOf);
    batch.dispose();
    await nextFrame();
  }
  const blocks = isClasses ? grams : { pairs: all.map((k) => [k, k] as const), sums: all.map(() => grams.sums[0]!) };
  const factor = choleskyFactor(assemble(blocks, last, priorPrecision), size);
  // With a prior the sum is positive definite, whatever the features, if they are numbers.
  if (!factor) throw new RangeError(`Cannot ${action}: features and weights must be finite but found others`);

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

/** Sums over examples of `phi phi'`, weighted, one for each pair of outputs that is not 0, in float64: the lower triangles. */
interface Grams {
  /** The pairs `[k, l]` of outputs, `l <= k`. */
  readonly pairs: readonly (readonly [k: number, l: number])[];
  /** A sum for each pair, `[inputs, inputs]`. */
  readonly sums: readonly Float64Array[];
}

/** Adds the examples of a batch, whose features are `[batch, inputs]`, to the sums. */
function addExamples({ pairs, sums }: Grams, features: ArrayLike<number>, inputs: number, weightsOf: WeightsOf): void {
  const phi = new Float64Array(inputs);
  for (let at = 0; at < features.length; at += inputs) {
    for (let i = 0; i < inputs; i++) phi[i] = features[at + i]!;
    const weight = weightsOf(phi);
    for (const [pair, [k, l]] of pairs.entries()) {
      const sum = sums[pair]!;
      const w = weight(k, l);
      for (let i = 0; i < inputs; i++) {
        const scaled = w * phi[i]!;
        for (let j = 0; j <= i; j++) sum[i * inputs + j]! += scaled * phi[j]!;
      }
    }
  }
}

/** The entries of `Lambda` of an example, by its features. */
type WeightsOf = (phi: Float64Array) => (k: number, l: number) => number;

/** `diag(p) - p p'` of the classes of an example. */
function classWeights({ outputs }: LastLayer, center: Float64Array): WeightsOf {
  const p = new Float64Array(outputs);
  return (phi) => {
    p.fill(0);
    for (let i = 0; i < phi.length; i++) for (let k = 0; k < outputs; k++) p[k]! += phi[i]! * center[i * outputs + k]!;
    const largest = p.reduce((a, b) => Math.max(a, b));
    for (let k = 0; k < outputs; k++) p[k] = Math.exp(p[k]! - largest);
    const total = p.reduce((a, b) => a + b);
    for (let k = 0; k < outputs; k++) p[k]! /= total;
    return (k, l) => (k === l ? p[k]! * (1 - p[k]!) : -p[k]! * p[l]!);
  };
}

/** The matrix of all weights, of which `(i, k)` has the index `i outputs + k`. */
function assemble({ pairs, sums }: Grams, { inputs, outputs }: LastLayer, priorPrecision: number): Float64Array {
  const size = inputs * outputs;
  const matrix = new Float64Array(size * size);
  for (const [pair, [k, l]] of pairs.entries()) {
    for (let i = 0; i < inputs; i++) {
      for (let j = 0; j < inputs; j++) {
        const value = sums[pair]![Math.max(i, j) * inputs + Math.min(i, j)]!;
        matrix[(i * outputs + k) * size + j * outputs + l] = value;
        matrix[(i * outputs + l) * size + j * outputs + k] = value;
      }
    }
  }
  for (let i = 0; i < size; i++) matrix[i * size + i]! += priorPrecision;
  return matrix;
}
