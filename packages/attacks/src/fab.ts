import { type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { nearestBoundaries, type Pair, pairsOf, rivalsOf } from "./_boundaries.ts";
import {
  checkFraction,
  checkGoal,
  checkNorm,
  checkPositive,
  checkPositiveInteger,
  checkTargetClasses,
} from "./_check.ts";
import { readLogits, rowOf } from "./_classify.ts";
import { distanceOf } from "./_distance.ts";
import { toHyperplane } from "./_hyperplane.ts";
import { confine, surfaceStart } from "./_norms.ts";
import { placesOf } from "./_subtask.ts";
import type { Norm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackRunOptions, AttackTask } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";

/** Options of {@linkcode fab}. */
export interface FabOptions extends AttackRunOptions {
  /** The norm in which the perturbation is to be small. */
  readonly norm: Norm;
  /**
   * The radius at which `success` is judged, at least 0. Restarts after the first start at half of it from `x`, or at half of 0.3, 1 and 5 in
   * L∞, L2 and L1. @default {undefined: any distance will do}
   */
  readonly epsilon?: number;
  /** How many steps to take. @default {100} */
  readonly steps?: number;
  /** The largest weight of the point nearest to `x`, from 0 to 1. @default {0.1} */
  readonly maxBias?: number;
  /** How far a step goes beyond the boundary, as a factor, above 0. @default {1.05} */
  readonly overshoot?: number;
  /** Which fraction of the way an adversarial point is moved from `x` again, from 0 to 1. @default {0.9} */
  readonly backward?: number;
  /**
   * Instead of crossing the nearest boundary, crosses that to one class after another, those with the largest logits at `x` but for the label:
   * FAB-T, whose usual number is 9. @default {undefined: the nearest boundary is crossed}
   */
  readonly targetClasses?: number;
}

/**
 * Searches for the smallest perturbation by steps along the boundary of the linearized classifier: the fast adaptive boundary attack.
 *
 * With the nearest boundary `w . z = b` of the classifier linearized at `x'`, found as by `deepFool`, the points nearest to `x'` and to `x` on
 * that hyperplane and within the bounds are `x' + d1` and `x + d2`. Then `x' <- clip((1 - a) (x' + overshoot d1) + a (x + overshoot d2))`,
 * `a = min(||d1|| / (||d1|| + ||d2||), maxBias)`, and where that is adversarial `x' <- x + backward (x' - x)`. The closest adversarial point counts.
 *
 * With a criterion of classes to reach, the boundary is that between the class and its strongest rival at the point that was looked at last.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { fab } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.6, 0.4]]);
 * const { distances } = await fab(model, x, [0], { norm: "linf" });
 * expect(distances[0]! / 0.1).toBeCloseTo(1, 1);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1907.02044 | Croce and Hein, Minimally distorted adversarial examples with a fast adaptive boundary attack}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The norm and the steps.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When an argument is of another kind or shape, the criterion has no goal, or `targetClasses` is given with classes to reach.
 * @throws {RangeError} When `steps` or `targetClasses` is no positive integer, `maxBias` or `backward` not from 0 to 1, `overshoot` not above 0, or for
 * the reasons of `runAttack`.
 */
export async function fab<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: FabOptions,
): Promise<AttackResult<T>> {
  const { norm, steps = 100, maxBias = 0.1, overshoot = 1.05, backward = 0.9, targetClasses } = options;
  const action = "attack";
  checkNorm(action, norm);
  checkGoal(action, criterion);
  checkPositiveInteger(action, "steps", steps);
  checkFraction(action, "maxBias", maxBias);
  checkPositive(action, "overshoot", overshoot);
  checkFraction(action, "backward", backward);
  if (targetClasses !== undefined) checkTargetClasses(action, criterion, targetClasses);
  const { epsilon = { linf: 0.3, l2: 1, l1: 5 }[norm] } = options;
  return runAttack(model, x, criterion, {
    ...options,
    attack: (task) => follow(task, { norm, epsilon, steps, maxBias, overshoot, backward, targetClasses }),
  });
}

interface Settings extends Required<Omit<FabOptions, keyof AttackRunOptions | "targetClasses">> {
  readonly targetClasses: number | undefined;
}

/** The closest adversarial point of each example so far. */
interface Closest {
  readonly values: Float32Array;
  readonly distances: Float64Array;
}

async function follow(task: AttackTask, settings: Settings): Promise<Tensor> {
  const { x, model, criterion } = task;
  const goal = criterion.goal!;
  const labels = goal.classes;
  const clean = (await x.data()) as Float32Array;
  const closest = { values: clean.slice(), distances: new Float64Array(x.shape[0]!).fill(Number.POSITIVE_INFINITY) };
  const logits = await readLogits(model.logits(x));
  if (goal.targeted) {
    const toward = (row: number, z: ArrayLike<number>): readonly Pair[] => pairsOf(goal, row, [], z);
    const pairs = placesOf(task).map((row) => toward(row, rowOf(logits, row)));
    await cross(task, clean, pairs, logits.classes, closest, settings, toward);
    return tensor(closest.values, x.shape);
  }
  const ranks = placesOf(task).map((row) => rivalsOf(rowOf(logits, row), logits.classes, labels[row]!));
  const rounds = Math.min(settings.targetClasses ?? 1, logits.classes - 1);
  for (let round = 0; round < rounds; round++) {
    const pairs = ranks.map((rank, row) => {
      const rivals = settings.targetClasses === undefined ? rank : [rank[round]!];
      return rivals.map((rival): Pair => [rival, labels[row]!]);
    });
    if (!(await cross(task, clean, pairs, logits.classes, closest, settings))) break;
  }
  return tensor(closest.values, x.shape);
}

/** Follows some boundaries, of which `renew` may choose others by the logits of the point that was looked at; says whether to go on. */
async function cross(
  task: AttackTask,
  clean: Float32Array,
  pairs: readonly (readonly Pair[])[],
  classes: number,
  closest: Closest,
  { norm, epsilon, steps, maxBias, overshoot, backward }: Settings,
  renew?: (row: number, logits: ArrayLike<number>) => readonly Pair[],
): Promise<boolean> {
  const { x, model, criterion, keys, restart } = task;
  const [low, high] = model.bounds;
  const size = x.size / x.shape[0]!;
  const rows = placesOf(task);
  const origin = new Float32Array(size);
  const part = (values: Float32Array, row: number): Float32Array => values.subarray(row * size, (row + 1) * size);
  let at = clean.slice();
  if (keys && restart > 0) {
    const start = tidy(() => confine(norm, surfaceStart(norm, x, epsilon / 2, keys), x, epsilon, model.bounds));
    at = Float32Array.from(await start.data());
    start.dispose();
  }
  let followed = pairs;
  for (let step = 0; step < steps; step++) {
    if (!(await task.proceed(step, steps))) return false;
    const here = tensor(at, x.shape);
    let weights: Float32Array;
    let gaps: readonly number[];
    try {
      const nearest = await nearestBoundaries(task, rows, here, followed, classes, norm, 1e-12);
      gaps = nearest.gaps;
      weights = (await nearest.gradient.data()) as Float32Array;
      nearest.gradient.dispose();
    } finally {
      here.dispose();
    }
    for (const row of rows) {
      const [w, point, source] = [part(weights, row), part(at, row), part(clean, row)];
      const b = w.reduce((total, value, i) => total + value * point[i]!, -gaps[row]!);
      const d1 = toHyperplane(norm, point, w, b, model.bounds);
      const d2 = toHyperplane(norm, source, w, b, model.bounds);
      const [a1, a2] = [d1, d2].map((d) => Math.max(distanceOf(norm, d, origin), 1e-8)) as [number, number];
      const bias = Math.min(a1 / (a1 + a2), maxBias);
      for (let i = 0; i < size; i++) {
        const moved = (1 - bias) * (point[i]! + overshoot * d1[i]!) + bias * (source[i]! + overshoot * d2[i]!);
        point[i] = Math.min(high, Math.max(low, moved));
      }
    }
    const candidates = tensor(at.slice(), x.shape);
    const logits = await readLogits(model.logits(candidates));
    candidates.dispose();
    if (renew) followed = rows.map((row) => renew(row, rowOf(logits, row)));
    for (const row of rows) {
      if (!criterion.isAdversarial(rowOf(logits, row), row)) continue;
      const [point, source] = [part(at, row), part(clean, row)];
      const distance = distanceOf(norm, point, source);
      if (distance < closest.distances[row]!) {
        closest.distances[row] = distance;
        part(closest.values, row).set(point);
      }
      for (let i = 0; i < size; i++) point[i] = source[i]! + backward * (point[i]! - source[i]!);
    }
  }
  return true;
}
