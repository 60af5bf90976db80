import {
  add,
  addN,
  clone,
  dispose,
  div,
  mul,
  type NamedTensorMap,
  type Scalar,
  sqrt,
  square,
  sum,
  type Tensor,
  tidy,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { checkPositive } from "./_check.ts";

/** Options of {@linkcode sharpnessAwareGradients}. */
export interface SharpnessAwareOptions {
  /** The radius `rho` of the neighbourhood. Greater than 0. @default {0.05, or 2 when adaptive} */
  readonly rho?: number;
  /** Whether the neighbourhood scales with the magnitude of each weight (ASAM), as in SADA-JEM. @default {false} */
  readonly adaptive?: boolean;
}

/**
 * The gradient of a loss at the sharpest point near the weights: what sharpness-aware minimisation (SAM) descends. It
 * returns what `tf.variableGrads` does and takes its place.
 *
 * `g = grad L(w + e)`, `e = rho g0 / ||g0||` with `g0 = grad L(w)`; adaptive: `e = rho T^2 g0 / ||T g0||`, `T = |w|`.
 * The loss is computed twice and must be the same function both times: the same negatives, the same noise. The weights
 * are as before when it returns or throws.
 *
 * Use it to train a JEM with fewer chain steps: flat energies are what short chains can follow (SADA-JEM). An iteration
 * costs two gradients.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { sharpnessAwareGradients } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const w = tf.variable(tf.tensor1d([3, 4]));
 * const loss = () => tf.mul(tf.sum(tf.square(w)), 0.5) as tf.Scalar; // its gradient is w
 * const { value, grads } = sharpnessAwareGradients(loss, [w], { rho: 1 });
 * expect((await value.data())[0]).toBe(12.5);
 * const gradient = [...(await grads[w.name]!.data())];
 * expect(gradient[0]).toBeCloseTo(3.6, 5); // w + w / ||w||
 * expect([...(await w.data())]).toEqual([3, 4]);
 * tf.train.sgd(0.1).applyGradients(grads);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2010.01412 | Foret et al., Sharpness-aware minimization for efficiently improving generalization}
 * @see {@link https://arxiv.org/abs/2102.11600 | Kwon et al., ASAM}
 * @see {@link https://arxiv.org/abs/2209.07959 | Yang et al., Towards bridging the performance gaps of joint energy-based models (SADA-JEM)}
 *
 * @param loss The loss, a function of the variables; called twice, within a gradient.
 * @param variables The weights; changed in between and restored. At least one.
 * @param options The radius and its shape.
 * @returns `value`: the loss at the weights themselves; `grads`: the gradient of each variable by its name, of its
 * shape. All are owned by the caller.
 * @throws {RangeError} When `rho` is not above 0.
 * @throws {TypeError} When there are no variables.
 */
export function sharpnessAwareGradients(
  loss: () => Scalar,
  variables: readonly Variable[],
  options: SharpnessAwareOptions = {},
): { value: Scalar; grads: NamedTensorMap } {
  const { adaptive = false, rho = adaptive ? 2 : 0.05 } = options;
  checkPositive("rho", rho);
  if (variables.length === 0) throw new TypeError("Cannot compute the gradient: variables is empty");
  const { value, grads: first } = variableGrads(loss, [...variables]);
  // A variable that the loss does not use has no gradient.
  const moved = variables.filter((w) => first[w.name]);
  const before: Tensor[] = moved.map((w) => clone(w));
  try {
    tidy(() => {
      const ascents = ascentsOf(moved, first, { rho, adaptive });
      moved.forEach((w, i) => {
        w.assign(add(w, ascents[i]!));
      });
    });
    const { value: unused, grads } = variableGrads(loss, [...variables]);
    unused.dispose();
    return { value, grads };
  } catch (error) {
    value.dispose();
    throw error;
  } finally {
    moved.forEach((w, i) => {
      w.assign(before[i]!);
    });
    dispose([first, before]);
  }
}

/** The displacement `e` of each weight. */
function ascentsOf(
  weights: readonly Variable[],
  gradients: NamedTensorMap,
  { rho, adaptive }: Required<SharpnessAwareOptions>,
): Tensor[] {
  const directions = weights.map((w) => (adaptive ? mul(gradients[w.name]!, square(w)) : gradients[w.name]!));
  // ||T g||^2 = sum g . T^2 g.
  const norm = sqrt(addN(weights.map((w, i) => sum(mul(gradients[w.name]!, directions[i]!)))));
  const scale = div(rho, add(norm, 1e-12));
  return directions.map((direction) => mul(direction, scale));
}
