import { foldIn } from "@jem-js/random";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { checkNorm, checkPositive, checkPositiveInteger } from "./_check.ts";
import { distanceOf } from "./_distance.ts";
import { placesOf, subtask } from "./_subtask.ts";
import type { Norm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackRunOptions, AttackTask } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";
import { pgd } from "./pgd.ts";
import { runAttack } from "./run_attack.ts";

/** An attack in a ball with a radius for each example of the task: perturbed inputs, shape of its `x`, which the search takes over. */
export type BallAttack = (task: AttackTask, epsilons: Float64Array) => Tensor | Promise<Tensor>;

/** Options of {@linkcode epsilonSearch}. */
export interface EpsilonSearchOptions extends AttackRunOptions {
  /** The norm of the balls. */
  readonly norm: Norm;
  /** The radius at which `success` is judged, at least 0. @default {undefined: any distance will do} */
  readonly epsilon?: number;
  /** The attack in a ball. @default {`pgd` with 40 steps of a tenth of the radius and `returnBest`, with a random start if there is a key} */
  readonly attack?: BallAttack;
  /** The first radius, above 0. @default {0.3} */
  readonly initialEpsilon?: number;
  /** How often the attack is made on an example, at most. @default {40} */
  readonly tries?: number;
  /** The relative precision of the radius at which the search ends. @default {0.005} */
  readonly tolerance?: number;
}

/**
 * Searches for the smallest perturbation by attacks in balls of different radii: what makes of `pgd` an attack that needs no radius.
 *
 * The radius of each example grows by half after each failure until the first success, or until the ball holds all inputs within the bounds,
 * and is found by bisection then. A success counts at the distance at which it was found, which may be less than the radius. Attacks fail by
 * bad luck, too: the closest success counts, whatever failed at larger radii.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { epsilonSearch } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.6, 0.4]]);
 * const { distances } = await epsilonSearch(model, x, [0], { norm: "linf" });
 * expect(distances[0]! / 0.1).toBeCloseTo(1, 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.06705 | Carlini et al., On evaluating adversarial robustness}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The norm, the attack and the search.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When an argument is of another kind or shape.
 * @throws {RangeError} When `initialEpsilon` or `tolerance` is not above 0, `tries` no positive integer, or for the reasons of `runAttack`.
 */
export async function epsilonSearch<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: EpsilonSearchOptions,
): Promise<AttackResult<T>> {
  const { norm, attack = pgdIn(norm), initialEpsilon = 0.3, tries = 40, tolerance = 0.005 } = options;
  const action = "search for epsilon";
  checkNorm(action, norm);
  checkPositive(action, "initialEpsilon", initialEpsilon);
  checkPositiveInteger(action, "tries", tries);
  checkPositive(action, "tolerance", tolerance);
  return runAttack(model, x, criterion, {
    ...options,
    attack: (task) => search(task, { norm, attack, initialEpsilon, tries, tolerance }),
  });
}

function pgdIn(norm: Norm): BallAttack {
  return ({ model, x, criterion, keys }, epsilon) =>
    pgd(model, x, criterion, {
      norm,
      epsilon,
      steps: 40,
      relativeStepSize: 0.1,
      returnBest: true,
      loss: criterion.goal ? "crossEntropy" : "margin",
      ...(keys && { key: keys }),
    });
}

type Settings = Required<Omit<EpsilonSearchOptions, keyof AttackRunOptions | "epsilon">>;

async function search(task: AttackTask, { norm, attack, initialEpsilon, tries, tolerance }: Settings): Promise<Tensor> {
  const size = task.x.size / task.x.shape[0]!;
  const clean = (await task.x.data()) as Float32Array;
  const closest = clean.slice();
  const [low, high] = task.model.bounds;
  const widest = (high - low) * { linf: 1, l2: Math.sqrt(size), l1: size }[norm];
  const searches = placesOf(task).map((row) => ({
    row,
    epsilon: Math.min(initialEpsilon, widest),
    lower: 0,
    upper: Number.POSITIVE_INFINITY,
  }));
  const part = (values: Float32Array, i: number): Float32Array => values.subarray(i * size, (i + 1) * size);
  let open = searches;
  for (let attempt = 0; attempt < tries && open.length > 0; attempt++) {
    if (!(await task.proceed(attempt, tries))) break;
    const some = subtask(
      task,
      open.map(({ row }) => row),
    );
    const keyed = some.keys ? { ...some, keys: some.keys.map((key) => foldIn(key, attempt)) } : some;
    let made: Tensor | undefined;
    try {
      made = await attack(
        keyed,
        Float64Array.from(open, ({ epsilon }) => epsilon),
      );
      const adversarial = await some.isAdversarial(made);
      const values = (await made.data()) as Float32Array;
      open.forEach((one, i) => {
        if (adversarial[i]) {
          const distance = distanceOf(norm, part(values, i), part(clean, one.row));
          if (distance < one.upper) {
            one.upper = distance;
            part(closest, one.row).set(part(values, i));
          }
        } else one.lower = Math.max(one.lower, one.epsilon);
      });
    } finally {
      made?.dispose();
      some.x.dispose();
    }
    open = open.filter(({ lower, upper }) =>
      upper === Number.POSITIVE_INFINITY ? lower < widest : upper - lower > tolerance * upper,
    );
    for (const one of open) {
      const found = one.upper < Number.POSITIVE_INFINITY;
      one.epsilon = found ? (one.lower + one.upper) / 2 : Math.min(1.5 * one.epsilon, widest);
    }
  }
  return tensor(closest, task.x.shape);
}
