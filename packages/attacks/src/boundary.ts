import type { Tensor } from "@tensorflow/tfjs-core";
import { checkPositive, checkPositiveInteger } from "./_check.ts";
import { checkKeyGiven, type Found, searchesOf, type WalkFrom, walkFromStart } from "./_decide.ts";
import { distanceOf } from "./_distance.ts";
import { type NoiseAhead, noiseAhead } from "./_noise_ahead.ts";
import { bisect, blend, clip } from "./_points.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackTask } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { DecisionExample, StartedOptions, Walk } from "./decision_example.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";
import { startFromNoise } from "./start_from_noise.ts";
import { startFromSaltAndPepper } from "./start_from_salt_and_pepper.ts";

/** Options of {@linkcode boundary}. */
export interface BoundaryOptions extends StartedOptions {
  /** How many steps to take, at most. @default {25000} */
  readonly steps?: number;
  /** The first length of a step around `x`, as a fraction of the distance to `x`. @default {0.01} */
  readonly sphericalStep?: number;
  /** The first length of a step towards `x`, as a fraction of the distance to `x`. @default {0.01} */
  readonly sourceStep?: number;
  /** Below which length of the step towards `x` an example is done. @default {1e-7} */
  readonly convergence?: number;
  /** The factor by which steps grow and shrink, above 1. @default {1.5} */
  readonly stepAdaptation?: number;
}

/** Every how many steps the point on the sphere is asked about as well, and the lengths of the steps are reconsidered. */
const PERIOD = 10;

/**
 * Searches for the adversarial input that is nearest in L2 with nothing but decisions of the classifier: the boundary attack.
 *
 * From an adversarial input, moved towards `x` by bisection, it walks along the boundary. With the best input so far at offset `u = x - b` of length `r`, a
 * step is `x + (e - u) / sqrt(1 + d^2)`, where `e` is a normal direction at right angles to `u`, of length `d r`, then a move towards
 * `x` by `s r`, clipped to the bounds; it is taken if it is adversarial and closer. Every tenth step, `d` and `s` grow
 * when more than half of the last 100 points on the sphere were adversarial and shrink below a fifth; `s` grows above a quarter of
 * the last 30 steps and shrinks below a tenth.
 *
 * Queries of an example: those of the start, 10 for the bisection, 1.1 for each step.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { boundary } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.6, 0.4, 0.5], [0.8, 0.3, 0.1]]);
 * const distance = tf.tensor2d([[1, -1], [0, 0], [-1, 1]]);
 * const linear = (x: tf.Tensor) => tf.matMul(x as tf.Tensor2D, distance) as tf.Tensor2D;
 * const { distances } = await boundary(linear, x, [0, 0], { key: key(0), steps: 3000 });
 * expect(distances[0]).toBeCloseTo(0.1 / Math.SQRT2, 2);
 * expect(distances[1]).toBeCloseTo(0.7 / Math.SQRT2, 1);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1712.04248 | Brendel et al., Decision-based adversarial attacks}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The key, the start and the steps.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller. An example without a start is `"noStart"`.
 * @throws {TypeError} When an argument is of another kind or shape, or there is no key.
 * @throws {RangeError} When `steps` is no positive integer, a step or `convergence` not above 0, `stepAdaptation` not above 1, `starts` are
 * not in the bounds, or for the reasons of `runAttack`.
 */
export async function boundary<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: BoundaryOptions,
): Promise<AttackResult<T>> {
  const { steps = 25_000, sphericalStep = 0.01, sourceStep = 0.01, convergence = 1e-7, stepAdaptation = 1.5 } = options;
  const { starts = [startFromNoise(), startFromSaltAndPepper()] } = options;
  const action = "attack";
  checkKeyGiven(action, options.key);
  checkPositiveInteger(action, "steps", steps);
  checkPositive(action, "sphericalStep", sphericalStep);
  checkPositive(action, "sourceStep", sourceStep);
  checkPositive(action, "convergence", convergence);
  checkPositive(action, "stepAdaptation - 1", stepAdaptation - 1);
  const settings = { steps, sphericalStep, sourceStep, convergence, stepAdaptation };
  const searches = await searchesOf(action, starts, x, model, options.bounds);
  return runAttack(model, x, criterion, {
    ...options,
    norm: "l2",
    attack: (task) => {
      const noise = noiseAhead(x.size / x.shape[0]!, steps, PERIOD);
      const isAdversarial: AttackTask["isAdversarial"] = async (candidates, rows) => {
        const answers = await task.isAdversarial(candidates, rows);
        await noise.make();
        return answers;
      };
      const walkFrom: WalkFrom = (example, start, found) => walk(example, start, found, noise, settings);
      return walkFromStart({ ...task, isAdversarial }, searches, walkFrom, steps);
    },
  });
}

type Settings = Required<
  Pick<BoundaryOptions, "steps" | "sphericalStep" | "sourceStep" | "convergence" | "stepAdaptation">
>;

function* walk(
  example: DecisionExample,
  start: Float32Array,
  found: Found,
  noise: NoiseAhead,
  settings: Settings,
): Walk<boolean> {
  const { x, key } = example;
  const size = x.length;
  const factor = settings.stepAdaptation;
  let { sphericalStep, sourceStep } = settings;
  // What is yielded is read before the next step is made: the candidate and behind it, where it is asked about, the point on the sphere.
  const points = new Float32Array(2 * size);
  const candidate = points.subarray(0, size);
  let onSphere: boolean[] = [];
  let taken: boolean[] = [];
  let best = yield* bisect(start, (t) => blend(x, start, t), 2 ** -10);
  let distance = distanceOf("l2", best, x);
  found.closest = best;
  for (let step = 1; step <= settings.steps && sourceStep >= settings.convergence; step++) {
    found.step = step - 1;
    const looks = step % PERIOD === 0;
    const radius = moveAround(example, best, distance, noise.take(key, step), sphericalStep, candidate);
    if (looks) points.copyWithin(size, 0, size);
    const closer = moveTowards(example, distance, radius, sourceStep, candidate);
    const [adversarial, sphericalAdversarial] = yield looks ? points : candidate;
    if (adversarial && closer < distance) {
      best = candidate.slice();
      distance = closer;
      found.closest = best;
    }
    if (!looks) continue;
    onSphere = [...onSphere, sphericalAdversarial!].slice(-100);
    taken = [...taken, adversarial!].slice(-30);
    const spherical = onSphere.length === 100 ? share(onSphere) : 0.5;
    if (spherical > 0.5 || spherical < 0.2) {
      sphericalStep *= spherical > 0.5 ? factor : 1 / factor;
      sourceStep *= spherical > 0.5 ? factor : 1 / factor;
      onSphere = [];
    }
    const source = taken.length === 30 ? share(taken) : 0.25;
    if (source > 0.25 || source < 0.1) {
      sourceStep *= source > 0.25 ? factor : 1 / factor;
      taken = [];
    }
  }
}

function share(answers: readonly boolean[]): number {
  return answers.filter(Boolean).length / answers.length;
}

/** Writes the point on the sphere around `x` through `best`, clipped, to `point`; returns how far it is. */
function moveAround(
  { x, bounds }: DecisionExample,
  best: Float32Array,
  distance: number,
  noise: Float32Array,
  sphericalStep: number,
  point: Float32Array,
): number {
  const size = x.length;
  const low = bounds[0];
  const high = bounds[1];
  let along = 0;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    const e = noise[i]!;
    along += e * (x[i]! - best[i]!);
    squares += e * e;
  }
  along /= distance * distance;
  // The length of the noise without its part along u; of noise that has no other part, nothing is used.
  const across = Math.sqrt(Math.max(squares - (along * distance) ** 2, 0));
  const scale = 1 / Math.sqrt(1 + sphericalStep * sphericalStep);
  const sideways = across > 0 ? (scale * sphericalStep * distance) / across : 0;
  const back = scale + sideways * along;
  let radius = 0;
  for (let i = 0; i < size; i++) {
    const origin = x[i]!;
    const offset = origin - best[i]!;
    const moved = Math.fround(clip(origin + sideways * noise[i]! - back * offset, low, high));
    point[i] = moved;
    radius += (moved - origin) * (moved - origin);
  }
  return Math.sqrt(radius);
}

/** Takes a point at `radius` from `x` towards it, in place, clipped; returns how far it is then. */
function moveTowards(
  { x, bounds }: DecisionExample,
  distance: number,
  radius: number,
  sourceStep: number,
  point: Float32Array,
): number {
  const size = x.length;
  const low = bounds[0];
  const high = bounds[1];
  // Clipping has brought the point closer already: only what is missing of the way is left.
  const remaining = radius > 0 ? 1 - Math.max(sourceStep * distance + radius - distance, 0) / radius : 1;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    const origin = x[i]!;
    const moved = Math.fround(clip(origin + remaining * (point[i]! - origin), low, high));
    point[i] = moved;
    squares += (moved - origin) * (moved - origin);
  }
  return Math.sqrt(squares);
}
