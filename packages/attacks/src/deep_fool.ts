import {
  add,
  clipByValue,
  clone,
  dispose,
  div,
  mul,
  sign,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { type Boundaries, nearestBoundaries, pairsOf, rivalsOf } from "./_boundaries.ts";
import { checkChoice, checkGoal, checkNonNegative, checkPositiveInteger } from "./_check.ts";
import { readLogits, rowOf } from "./_classify.ts";
import { euclidean, perExample } from "./_norms.ts";
import { placesOf, takeRows } from "./_subtask.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackRunOptions, AttackTask } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";

/** Options of {@linkcode deepFool}. */
export interface DeepFoolOptions extends AttackRunOptions {
  /** The norm in which the perturbation is to be small. */
  readonly norm: "l2" | "linf";
  /** The radius at which `success` is judged, at least 0. @default {undefined: any distance will do} */
  readonly epsilon?: number;
  /** How many steps to take, at most. @default {50} */
  readonly steps?: number;
  /** By which fraction of itself the perturbation goes beyond the boundary, at least 0. @default {0.02} */
  readonly overshoot?: number;
  /** How many classes are considered, those with the largest logits at `x`, that of the label included. @default {10} */
  readonly candidates?: number;
}

/**
 * Searches for the smallest perturbation by stepping to the nearest boundary of the linearized classifier: DeepFool.
 *
 * For each class `k` beside the label `y`, `d_k = |z[k] - z[y]| / (||grad (z[k] - z[y])||_q + 1e-8)`, where `q` is 2 for `"l2"` and 1 for `"linf"`. The
 * sum of the steps grows by `(d_k + 1e-4) g / ||g||_2`, or `(d_k + 1e-4) sign(g)`, for the nearest class, and
 * `x = clip(x0 + (1 + overshoot) sum)`, until the example is adversarial. For a class to reach, the steps lead to its boundary with the class
 * that has the largest logit. Exact up to the overshoot on linear classifiers, where no bound is met.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { deepFool } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.6, 0.4]]);
 * const { distances } = await deepFool(model, x, [0], { norm: "l2" });
 * expect(distances[0]! / (0.2 / Math.SQRT2)).toBeCloseTo(1.02, 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1511.04599 | Moosavi-Dezfooli et al., DeepFool: a simple and accurate method to fool deep neural networks}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The norm and the steps.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When an argument is of another kind or shape, or the criterion has no goal.
 * @throws {RangeError} When `overshoot` is negative, `steps` no positive integer, `candidates` below 2, or for the reasons of `runAttack`.
 */
export async function deepFool<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: DeepFoolOptions,
): Promise<AttackResult<T>> {
  const { norm, steps = 50, overshoot = 0.02, candidates = 10 } = options;
  const action = "attack";
  checkChoice(action, "norm", norm, ["l2", "linf"]);
  checkGoal(action, criterion);
  checkPositiveInteger(action, "steps", steps);
  checkNonNegative(action, "overshoot", overshoot);
  checkPositiveInteger(action, "candidates - 1", candidates - 1);
  return runAttack(model, x, criterion, {
    ...options,
    attack: (task) => fool(task, { norm, steps, overshoot, candidates }),
  });
}

type Settings = Required<Pick<DeepFoolOptions, "norm" | "steps" | "overshoot" | "candidates">>;

/** The perturbed inputs of the examples that are not adversarial yet. */
type State = { readonly origin: Tensor; readonly total: Tensor; readonly at: Tensor };

async function fool(task: AttackTask, settings: Settings): Promise<Tensor> {
  const { x, model, criterion } = task;
  const size = x.size / x.shape[0]!;
  const found = Float32Array.from(await x.data());
  let rows = placesOf(task);
  let state: State = { origin: clone(x), total: zerosLike(x), at: clone(x) };
  let rivals: readonly number[][] | undefined;
  try {
    for (let step = 0; ; step++) {
      const logits = await readLogits(model.logits(state.at, rows));
      rivals ??= rows.map((row) => rivalsOf(rowOf(logits, row), settings.candidates, criterion.goal!.classes[row]!));
      const over = step === settings.steps || !(await task.proceed(step, settings.steps));
      const kept = rows.map((_, i) => i).filter((i) => !over && !criterion.isAdversarial(rowOf(logits, i), rows[i]!));
      if (kept.length < rows.length) {
        const values = await state.at.data();
        rows.forEach((row, i) => {
          found.set(values.subarray(i * size, (i + 1) * size), row * size);
        });
        if (kept.length === 0) return tensor(found, x.shape);
        state = replace(state, (tensor) => takeRows(tensor, kept));
      }
      const pairs = kept.map((i) => pairsOf(criterion.goal!, rows[i]!, rivals![rows[i]!]!, rowOf(logits, i)));
      rows = kept.map((i) => rows[i]!);
      const nearest = await nearestBoundaries(task, rows, state.at, pairs, logits.classes, settings.norm, 1e-8);
      const total = tidy(() => add(state.total, stepTo(nearest, settings.norm)));
      nearest.gradient.dispose();
      const { origin } = state;
      const at = tidy(() => clipByValue(add(origin, mul(total, 1 + settings.overshoot)), ...model.bounds));
      dispose([state.total, state.at]);
      state = { origin, total, at };
    }
  } finally {
    dispose(state);
  }
}

/** The steps that lead a little beyond the boundaries. */
function stepTo({ gradient, distances }: Boundaries, norm: "l2" | "linf"): Tensor {
  const unit = norm === "l2" ? div(gradient, add(euclidean(gradient), 1e-8)) : sign(gradient);
  const lengths = tensor1d(distances.map((distance) => distance + 1e-4));
  return mul(unit, perExample(lengths, gradient));
}

function replace(state: State, change: (tensor: Tensor) => Tensor): State {
  const changed = { origin: change(state.origin), total: change(state.total), at: change(state.at) };
  dispose(state);
  return changed;
}
