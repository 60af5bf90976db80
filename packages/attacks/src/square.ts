import { foldIn } from "@jem-js/random";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkChoice, checkEpsilon, checkFraction, checkPositive, checkPositiveInteger } from "./_check.ts";
import { checkKeyGiven, type Found, walkAll } from "./_decide.ts";
import type { Ask } from "./_lockstep.ts";
import { euclideanMoves, maxMoves } from "./_square.ts";
import { gridOf } from "./_windows.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackTask } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { DecisionExample, DecisionOptions, Walk } from "./decision_example.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";

/** Options of {@linkcode square}. */
export interface SquareOptions extends DecisionOptions {
  /** The norm of the ball. */
  readonly norm: "linf" | "l2";
  /** The radius of the ball, at least 0, in the units of `x`. */
  readonly epsilon: number;
  /** How many queries there are, at most. @default {5000} */
  readonly steps?: number;
  /** Which share of the places the first squares cover, above 0 and at most 1. @default {0.8} */
  readonly share?: number;
}

/** When the share of the squares is halved, in ten thousandths of the steps. */
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/**
 * Searches the ball of radius `epsilon` with nothing but the scores of the classifier: the Square attack.
 *
 * A random search: a candidate differs from the best one in a square at a random place, and takes over where the margin of the criterion rises, until that
 * is positive. In Linf, the first candidate is `x` with vertical stripes of `+-epsilon`, and a square gets `+epsilon` or `-epsilon`
 * in each channel; in L2, tiles of bumps, and the mass of a second square moves to the first. Squares get smaller: their
 * share of the places is halved after 0.1, 0.5, 2, 5, 10, 20, 40, 60 and 80 % of the steps. An input that is no image
 * `[height, width, channels]` or `[height, width]` is taken for one row.
 *
 * It needs no gradients: where it finds what a gradient attack misses, gradients are masked.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { square } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.6, 0.4], [0.9, 0.1]]);
 * const found = await square(model, x, [0, 0], { key: key(0), norm: "linf", epsilon: 0.2, steps: 100 });
 * expect(found.status).toEqual(["success", "failed"]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.00049 | Andriushchenko et al., Square attack: a query-efficient black-box adversarial attack via random search}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The key, the ball and the steps.
 * @returns For each example the first adversarial candidate, or the one with the largest margin; its tensors, shape of `x`, are owned by the
 * caller.
 * @throws {TypeError} When an argument is of another kind or shape, or there is no key.
 * @throws {RangeError} When `steps` is no positive integer, `share` not above 0 and at most 1, or for the reasons of `runAttack`.
 */
export async function square<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: SquareOptions,
): Promise<AttackResult<T>> {
  const { norm, epsilon, steps = 5000, share = 0.8 } = options;
  const action = "attack";
  checkKeyGiven(action, options.key);
  checkChoice(action, "norm", norm, ["linf", "l2"]);
  checkEpsilon(action, epsilon);
  checkPositiveInteger(action, "steps", steps);
  checkPositive(action, "share", share);
  checkFraction(action, "share", share);
  const moves = norm === "linf" ? maxMoves(epsilon) : euclideanMoves(epsilon);

  function* walk(example: DecisionExample, found: Found): Walk<number> {
    const grid = gridOf(example.shape);
    let best = example.x;
    let largest = Number.NEGATIVE_INFINITY;
    for (let step = 0; step < steps && !(largest > 0); step++) {
      found.step = step;
      const drawn = { ...example, key: foldIn(example.key, step) };
      const candidate =
        step === 0 ? moves.start(drawn, grid) : moves.move(drawn, grid, best, share * shrinkage(step / steps));
      const [margin] = yield candidate;
      if (margin! > largest) {
        largest = margin!;
        best = candidate;
        found.closest = candidate;
      }
    }
  }

  return runAttack(model, x, criterion, {
    ...options,
    attack: (task) => walkAll(task, walk, { ask: marginsOf(task), steps }),
  });
}

/** By how much the squares have shrunk when this share of the steps is done. */
function shrinkage(done: number): number {
  return 2 ** -HALVINGS.filter((halving) => Math.floor(1e4 * done) > halving).length;
}

/** Asks for the margins of the criterion. */
function marginsOf({ criterion, model }: AttackTask): Ask<number> {
  return async (candidates, rows) => {
    const margins = tidy(() => criterion.select(rows).margins(model.logits(candidates, rows)));
    try {
      return Array.from(await margins.data());
    } finally {
      margins.dispose();
    }
  };
}
