import { elu, softplus, tanh } from "@jem-js/energy";
import type { Key } from "@jem-js/random";
import {
  add,
  dispose,
  grad,
  mul,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { checkInteger, checkIntegers } from "./_check.ts";
import { denseLayers, variablesOf } from "./_dense.ts";
import { product } from "./_network.ts";
import type { Initializer } from "./initializer.ts";

/** A network of features that an energy is made of. */
export interface FeatureNetwork {
  /** How many features there are. */
  readonly size: number;
  /** The features, `[batch, ...inputShape]` to `[batch, size]`; differentiable. */
  apply(x: Tensor): Tensor2D;
  /** What of it is trained. */
  readonly variables: readonly Variable[];
}

/** Options of {@linkcode productOfExperts}. */
export interface ProductOfExpertsOptions {
  /** The shape of one input, without the batch; of more than one dimension it is flattened. */
  readonly inputShape: readonly number[];
  /** How many experts, `m`. */
  readonly experts: number;
  /**
   * The widths of the features: dense layers with ELU, tanh after the last, which bounds what an expert can say. None leaves
   * the input itself. @default {[]}
   */
  readonly units?: readonly number[];
  /** Features of your own, in place of `units`. @default {undefined} */
  readonly features?: FeatureNetwork;
  /** `s^2` of the quadratic term. Greater than 0, `Infinity` for none: then inputs must be bounded. @default {1} */
  readonly variance?: number;
  /** How the weights are drawn. @default {"glorotUniform"} */
  readonly initializer?: Initializer;
}

/** A density that is a product of experts; see {@linkcode productOfExperts}. */
export interface ProductOfExperts {
  /** `-E(x)`: `log p(x)` but for `log Z`. `[batch, ...inputShape]` to `[batch]`. */
  logDensity(x: Tensor): Tensor1D;
  /** Its gradient with respect to `x`. */
  score(x: Tensor): Tensor;
  /** `W: [features, m]`. */
  readonly weights: Variable;
  /** The biases of the experts, `[m]`. */
  readonly expertBias: Variable;
  /** `b`, flat. */
  readonly linear: Variable;
  /** All that is trained, those of the features last. */
  readonly variables: readonly Variable[];
  /** Frees the variables, but for those of features given. */
  dispose(): void;
}

/**
 * The energy of the deep directed generative model: a quadratic term, which keeps it normalisable, a linear one, and experts that
 * each look for a direction among deep features.
 *
 * `E(x) = ||x||^2 / s^2 - b . x - sum_i log(1 + exp(W_i . f(x) + c_i))`. With the features `f(x) = x` it is the free energy of a
 * Gaussian-Bernoulli machine: `restrictedBoltzmannMachine` with the variance `s^2 / 2` and the visible bias `s^2 b / 2`. Train it by
 * `contrastiveDivergence` of `@jem-js/objectives` on negatives of a generator (`generatorNegatives` there), or of chains.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { productOfExperts } from "@jem-js/models";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const energy = productOfExperts(key(0), { inputShape: [2], units: [32, 16], experts: 4 });
 * const [near, far] = await energy.logDensity(tf.tensor2d([[0, 0], [100, 0]])).data();
 * expect(near! - far!).toBeGreaterThan(9000); // 100^2, but for what the experts say
 * energy.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1606.03439 | Kim and Bengio, Deep directed generative models with energy-based probability estimation}
 *
 * @param key The key of the weights.
 * @param options The sizes.
 * @returns The density; `dispose()` frees it.
 * @throws {TypeError} When both `units` and `features` are given.
 * @throws {RangeError} When a size is not a positive integer or `variance` is not above 0.
 */
export function productOfExperts(key: Key, options: ProductOfExpertsOptions): ProductOfExperts {
  const action = "create product of experts";
  const { inputShape, experts, units = [], features, variance = 1, initializer = "glorotUniform" } = options;
  checkIntegers(action, "inputShape", inputShape, 1);
  checkInteger(action, "experts", experts, 1);
  checkIntegers(action, "units", units, 0);
  if (features && units.length > 0)
    throw new TypeError(`Cannot ${action}: just one of units and features can be given`);
  if (!(variance > 0)) throw new RangeError(`Cannot ${action}: variance must be greater than 0 but found ${variance}`);
  const size = product(inputShape);
  const widths = [size, ...units];
  // The experts are drawn as a last layer.
  const layers = denseLayers(key, [...(features ? [features.size] : widths), experts], initializer);
  const expertLayer = layers.pop()!;
  const linear = tidy(() => variable(zeros([size])));
  const own = [linear, expertLayer.kernel, expertLayer.bias, ...variablesOf(layers)];

  function featuresOf(x: Tensor, flat: Tensor2D): Tensor2D {
    if (features) return features.apply(x);
    const last = layers.length - 1;
    return layers.reduce<Tensor2D>((h, layer, i) => {
      const out = layer.apply(h);
      return (i === last ? tanh(out) : elu(out)) as Tensor2D;
    }, flat);
  }

  function logDensity(x: Tensor): Tensor1D {
    return tidy(() => {
      const flat = reshape(x, [-1, size]) as Tensor2D;
      const ofExperts = sum(softplus(expertLayer.apply(featuresOf(x, flat))), 1) as Tensor1D;
      const withLinear = add(ofExperts, sum(mul(flat, linear), 1)) as Tensor1D;
      return variance === Number.POSITIVE_INFINITY
        ? withLinear
        : sub(withLinear, mul(sum(square(flat), 1), 1 / variance));
    });
  }

  return {
    logDensity,
    score: (x) => tidy(() => grad((input: Tensor) => sum(logDensity(input)))(x)),
    weights: expertLayer.kernel,
    expertBias: expertLayer.bias,
    linear,
    variables: [...own, ...(features?.variables ?? [])],
    dispose: () => dispose(own),
  };
}
