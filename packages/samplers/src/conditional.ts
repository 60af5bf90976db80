import { type Tensor, tidy, where, zerosLike } from "@tensorflow/tfjs-core";
import type { DensityModel, Labels, ScoreModel } from "./kernel.ts";

/** Options of {@linkcode conditional}. */
export interface ConditionalOptions {
  /** The values that are known, `[batch, ...input]` or `[...input]`; what is there for the other elements is not read. Borrowed. */
  readonly values: Tensor;
  /** Which elements are known: bool, of a shape that broadcasts with `[batch, ...input]`. Borrowed. */
  readonly known: Tensor;
}

/** A model of the elements that are not known. */
export type ConditionalModel<Model extends ScoreModel> = (Model extends DensityModel ? DensityModel : ScoreModel) & {
  /** `x` with the known values in their places; the shape of `x`, owned by the caller. */
  complete(x: Tensor): Tensor;
};

/**
 * The density of some elements of the input given the others: `p(x_free | x_known)`, which is `p(x)` as a function of `x_free` but for
 * a constant. Any kernel samples it: to impute missing values, to paint in what an image lacks.
 *
 * Chains have the shape of whole inputs. What they hold in the places of known elements is not read and has a score of 0, so that
 * it takes no part; `complete` puts the known values there, as should be done with the end of each chain. Kernels with an accept step stay exact.
 * `nuts` costs all that its `maxTreeDepth` allows here, since trajectories never turn in directions without a slope: use `hmc`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { conditional, run, sgld } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * // Two values of which neither is far from the other: log p(x) = -(x[0] - x[1])^2 / 2.
 * const near = { score: (x: tf.Tensor) => tf.sub(tf.reverse(x, 1), x) };
 * const model = conditional(near, { values: tf.tensor1d([5, 0]), known: tf.tensor1d([true, false], "bool") });
 * const { x } = run(sgld(model, { stepSize: 0.5, noiseScale: 0 }), tf.zeros([1, 2]), { key: key(0), steps: 20 });
 * const [known, imputed] = await model.complete(x).data();
 * expect(known).toBe(5);
 * expect(imputed).toBeCloseTo(5, 4);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.08689 | Du and Mordatch, Implicit generation and modeling with energy-based models}, who restore images so
 *
 * @param head The model of whole inputs: anything with `score(x, y?)`, and `logDensity(x, y?)` if the kernel needs it.
 * @param options What is known.
 * @returns The model of what is not. It holds no memory, and borrows `values` and `known` for as long as it is used.
 * @throws {TypeError} When `head` has no score or `known` is not bool; from the members, when `values` or `known` do not broadcast to the shape of
 * `x`.
 */
export function conditional<Model extends ScoreModel>(
  head: Model,
  options: ConditionalOptions,
): ConditionalModel<Model> {
  const action = "create conditional model";
  const { values, known } = options;
  if (typeof head?.score !== "function") {
    throw new TypeError(`Cannot ${action}: head must have a score() but found ${typeof head}`);
  }
  if (known.dtype !== "bool") throw new TypeError(`Cannot ${action}: known must be bool but found ${known.dtype}`);

  function complete(x: Tensor): Tensor {
    checkBroadcast("values", values, x);
    checkBroadcast("known", known, x);
    return where(known, values, x);
  }

  function score(x: Tensor, y?: Labels): Tensor {
    return tidy(() => {
      const whole = head.score(complete(x), y);
      return where(known, zerosLike(whole), whole);
    });
  }

  const { logDensity } = head as Partial<DensityModel>;
  const model = {
    complete,
    score,
    ...(logDensity && {
      logDensity: (x: Tensor, y?: Labels) => tidy(() => logDensity.call(head, complete(x), y)),
    }),
  };
  return model as ConditionalModel<Model>;
}

/** Throws unless `part` broadcasts to the shape of `x`. */
function checkBroadcast(name: string, part: Tensor, x: Tensor): void {
  const lead = x.rank - part.rank;
  if (lead < 0 || part.shape.some((size, i) => size !== 1 && size !== x.shape[lead + i])) {
    throw new TypeError(
      `Cannot use conditional model: ${name} must broadcast to [${x.shape.join(", ")}] but found [${part.shape.join(", ")}]`,
    );
  }
}
