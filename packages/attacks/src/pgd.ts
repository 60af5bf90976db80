import {
  add,
  clone,
  dispose,
  div,
  greater,
  mul,
  scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  where,
} from "@tensorflow/tfjs-core";
import {
  checkBounds,
  checkEpsilons,
  checkFraction,
  checkInputs,
  checkKeys,
  checkLoss,
  checkNorm,
  checkPositive,
  checkPositiveInteger,
} from "./_check.ts";
import { asFunction, boundsOf } from "./_classify.ts";
import { confine, floored, keysOf, perExample, radiusOf, randomStart, steepest, taxicab } from "./_norms.ts";
import { checkAim, createObjective } from "./_objective.ts";
import type { AttackOptions } from "./attack_options.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";

/** One point of the path of {@linkcode pgd}. Its tensors are borrowed: they live as long as the call. */
export interface PgdIterate {
  /** How many steps led here: from 0, the start, to `steps`. */
  readonly step: number;
  /** The perturbed inputs, shape of `x`. */
  readonly x: Tensor;
  /** The loss of each example, as the attack raises it (with `targeted`, minus the loss of the target), `[batch]`. */
  readonly losses: Tensor1D;
}

/** Options of {@linkcode pgd}. */
export interface PgdOptions extends AttackOptions {
  /** How many steps to take. @default {20} */
  readonly steps?: number;
  /**
   * The length of a step in the norm. A path that is shorter than the radius, `steps * stepSize < epsilon`, cannot use
   * the whole ball. @default {relativeStepSize * epsilon}
   */
  readonly stepSize?: number;
  /** The length of a step as a fraction of the radius; `stepSize` goes before it. @default {2.5 / steps} */
  readonly relativeStepSize?: number;
  /**
   * How much of the direction of the last steps is kept, from 0 to 1: above 0 this is the momentum iterative method (MI-FGSM), whose
   * usual value is 1. @default {0}
   */
  readonly momentum?: number;
  /** Where to start, shape of `x`, instead of at `x` or at random; brought into the ball and `bounds`. @default {x} */
  readonly start?: Tensor;
  /**
   * Whether to return, for each example, the iterate with the largest margin, which is adversarial if any is, instead of
   * the last one. Costs one forward pass. @default {false}
   */
  readonly returnBest?: boolean;
  /**
   * Is called with every iterate, start and end included, inside a `tidy`: `keep(clone(...))` what is to outlive the
   * call. Costs one forward pass. @default {nothing is called}
   */
  readonly trace?: (iterate: PgdIterate) => void;
}

/**
 * Searches the ball of radius `epsilon` around each input for one that the classifier gets wrong: projected gradient
 * descent, also known as the basic iterative method when it starts at `x`.
 *
 * `x <- clip(x0 + P(x + stepSize * N(v) - x0), bounds)`, where `v` is the gradient `g` of the sum of the losses, so that
 * examples do not influence one another, or with momentum `v <- momentum * v + g / ||g||_1`; `N(v)` is `sign(v)` for `"linf"`,
 * `v / max(||v||, 1e-12)` for `"l2"`, and for `"l1"` the sign of the one element of `v` that is largest among those that can move inside
 * `bounds`; and `P` projects onto the ball. All iterates lie in the ball and in `bounds`, provided that `x` lies in `bounds`, which is not checked: it would
 * have to be read.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { pgd } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const weights = tf.tensor2d([[1, -1], [0, 2]]);
 * const model = (x: tf.Tensor): tf.Tensor2D => tf.matMul(x as tf.Tensor2D, weights);
 *
 * const x = tf.tensor2d([[0.8, 0.3]]); // the logits are [0.8, -0.2]
 * const adversarial = pgd(model, x, [0], { norm: "linf", epsilon: 0.3, stepSize: 0.1, steps: 5 });
 * expect((await adversarial.data()).map((v) => Math.round(10 * v))).toEqual(new Float32Array([5, 6]));
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.06083 | Madry et al., Towards deep learning models resistant to adversarial attacks}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[batch, ...input]`, in `bounds`; borrowed.
 * @param labels The classes to leave, or with `targeted` to reach: int32 `[batch]`, or an array; or a criterion; borrowed. The range
 * of a tensor is not checked.
 * @param options The ball, the steps and the start.
 * @returns The perturbed inputs, shape of `x`, owned by the caller.
 * @throws {TypeError} When the model, `x`, `labels`, the logits, `norm`, `loss`, `key` or `start` are of another kind or shape,
 * when both `key` and `start` are given, or when `loss` or `targeted` does not go with the criterion.
 * @throws {RangeError} When `epsilon` is negative, `stepSize` or `relativeStepSize` not above 0, `steps` not a positive integer, `momentum`
 * not from 0 to 1, `bounds` not ascending, any of them not finite, or a label given in an array no class.
 */
export function pgd<T extends Tensor>(model: Classifier, x: T, labels: Labels | Criterion, options: PgdOptions): T {
  const { norm, epsilon, steps = 20, momentum = 0, targeted, loss = "crossEntropy" } = options;
  const { key, start, returnBest = false, trace } = options;
  const action = "attack";
  const classify = asFunction(action, model);
  const bounds = boundsOf(model, options.bounds);
  const aim = { criterion: labels, loss, targeted };
  checkInputs(action, x);
  checkLoss(action, loss);
  checkAim(action, aim, x.shape[0]!);
  checkNorm(action, norm);
  checkEpsilons(action, epsilon, x.shape[0]!);
  checkPositiveInteger(action, "steps", steps);
  const { stepSize, relativeStepSize = 2.5 / steps } = options;
  if (stepSize !== undefined) checkPositive(action, "stepSize", stepSize);
  checkPositive(action, "relativeStepSize", relativeStepSize);
  checkFraction(action, "momentum", momentum);
  checkBounds(action, bounds);
  if (key) checkKeys(action, key, x.shape[0]!);
  if (start) checkStart(action, start, x, options);

  const objective = createObjective(action, classify, aim);
  let best: Best | undefined;

  function observe(step: number, at: Tensor, logits: Tensor2D): void {
    if (trace) {
      tidy(() => {
        trace({ step, x: at, losses: objective.losses(logits) });
      });
    }
    if (returnBest) {
      const previous = best;
      best = tidy(() => better(previous, at, objective.margins(logits)));
      if (previous) dispose([previous.x, previous.margins]);
    }
  }

  try {
    return tidy(() => {
      const radius = radiusOf(epsilon, x);
      const length = stepSize !== undefined ? scalar(stepSize) : mul(radius, relativeStepSize);
      const from = start ?? (key ? randomStart(norm, x, epsilon, keysOf(key, x.shape[0]!)) : x);
      let current = confine(norm, from, x, radius, bounds);
      let velocity: Tensor | undefined;
      for (let step = 0; step < steps; step++) {
        const { logits, gradient } = objective.evaluate(current);
        observe(step, current, logits);
        const last = { current, velocity };
        [current, velocity] = tidy(() => {
          const direction = momentum > 0 ? accelerate(gradient, momentum, last.velocity) : gradient;
          const moved = add(last.current, mul(steepest(norm, direction, last.current, bounds), length));
          return [confine(norm, moved, x, radius, bounds), ...(momentum > 0 ? [direction] : [])] as [Tensor, Tensor?];
        });
        dispose([last.current, logits, gradient]);
        last.velocity?.dispose();
      }
      if (trace || returnBest) observe(steps, current, objective.logits(current));
      return (best?.x ?? current) as T;
    });
  } finally {
    objective.dispose();
  }
}

/** The decaying sum of the gradients, each of which counts with L1 norm 1. */
function accelerate(gradient: Tensor, momentum: number, velocity: Tensor | undefined): Tensor {
  const unit = div(gradient, floored(taxicab(gradient)));
  return velocity ? add(mul(velocity, momentum), unit) : unit;
}

/** The iterate with the largest margin so far, example by example. */
type Best = {
  readonly x: Tensor;
  readonly margins: Tensor1D;
};

function better(best: Best | undefined, x: Tensor, margins: Tensor1D): Best {
  if (!best) return { x: clone(x), margins: clone(margins) };
  const improved = greater(margins, best.margins);
  return { x: where(perExample(improved, x), x, best.x), margins: where(improved, margins, best.margins) };
}

function checkStart(action: string, start: Tensor, x: Tensor, { key }: PgdOptions): void {
  if (key) throw new TypeError(`Cannot ${action}: only one of key and start can be given but found both`);
  if (start.dtype !== "float32" || start.shape.join() !== x.shape.join()) {
    throw new TypeError(
      `Cannot ${action}: start must be float32 [${x.shape.join(", ")}] but found ${start.dtype} [${start.shape.join(", ")}]`,
    );
  }
}
