import { foldIn, normalValues, uniformValues } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkChoice, checkPositive, checkPositiveInteger } from "./_check.ts";
import { checkKeyGiven, type Found, searchesOf, walkFromStart } from "./_decide.ts";
import { distanceOf } from "./_distance.ts";
import { bisect, blend, clip } from "./_points.ts";
import type { AttackResult } from "./attack_result.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { DecisionExample, StartedOptions, Walk } from "./decision_example.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";
import { startFromNoise } from "./start_from_noise.ts";
import { startFromSaltAndPepper } from "./start_from_salt_and_pepper.ts";

/** Options of {@linkcode hopSkipJump}. */
export interface HopSkipJumpOptions extends StartedOptions {
  /** The norm in which the perturbation is to be small. @default {"l2"} */
  readonly norm?: "l2" | "linf";
  /** How many steps to take. @default {64} */
  readonly steps?: number;
  /** How many points the direction of the first step is estimated from; step `t`, from 0 on, takes `sqrt(t + 1)` times as many. @default {100} */
  readonly samples?: number;
  /** How many points a direction is estimated from, at most. @default {10000} */
  readonly maxSamples?: number;
  /** By what the tolerance of the bisections and the radius of the samples are multiplied, above 0. @default {1} */
  readonly gamma?: number;
}

/** How many samples of an example are in one batch, so that memory is bounded. */
const TOGETHER = 64;
/** How often a step is halved, at most: a step of `2^-30` of the distance is below the resolution of float32. */
const HALVINGS = 30;

/**
 * Searches for the nearest adversarial input with nothing but decisions of the classifier: the HopSkipJump attack.
 *
 * From a point on the boundary, found by bisection, it estimates the direction in which the margin rises from the decisions at points around it, the mean
 * of `(+-1 - mean decision) * offset`, steps in this direction (its sign, for `"linf"`) by `distance / sqrt(t + 1)`, halved until that is
 * adversarial, and goes back to the boundary. With `n` elements, bisections end at `theta = gamma / n^(3/2)`, for `"linf"` `gamma / n^2`, and
 * samples lie at a radius of `sqrt(n) theta distance`, or `n theta distance`. The closest point of all steps is returned.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { hopSkipJump } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.7, 0.3]]);
 * const { distances } = await hopSkipJump(model, x, [0], { key: key(0), norm: "linf", steps: 10 });
 * expect(distances[0]).toBeCloseTo(0.2, 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1904.02144 | Chen et al., HopSkipJumpAttack: a query-efficient decision-based attack}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The key, the start, the norm and the steps.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller. An example without a start is `"noStart"`.
 * @throws {TypeError} When an argument is of another kind or shape, or there is no key.
 * @throws {RangeError} When `steps`, `samples` or `maxSamples` is no positive integer, `gamma` not above 0, `starts` are not in the bounds, or
 * for the reasons of `runAttack`.
 */
export async function hopSkipJump<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: HopSkipJumpOptions,
): Promise<AttackResult<T>> {
  const { norm = "l2", steps = 64, samples = 100, maxSamples = 10_000, gamma = 1 } = options;
  const { starts = [startFromNoise(), startFromSaltAndPepper()] } = options;
  const action = "attack";
  checkKeyGiven(action, options.key);
  checkChoice(action, "norm", norm, ["l2", "linf"]);
  checkPositiveInteger(action, "steps", steps);
  checkPositiveInteger(action, "samples", samples);
  checkPositiveInteger(action, "maxSamples", maxSamples);
  checkPositive(action, "gamma", gamma);
  const settings = { norm, steps, samples, maxSamples, gamma };
  const searches = await searchesOf(action, starts, x, model, options.bounds);
  return runAttack(model, x, criterion, {
    ...options,
    norm,
    attack: (task) =>
      walkFromStart(task, searches, (example, start, found) => walk(example, start, found, settings), steps),
  });
}

type Settings = Required<Pick<HopSkipJumpOptions, "norm" | "steps" | "samples" | "maxSamples" | "gamma">>;

function* walk(example: DecisionExample, start: Float32Array, found: Found, settings: Settings): Walk<boolean> {
  const { x, key, bounds } = example;
  const [low, high] = bounds;
  const { norm, steps, samples, maxSamples, gamma } = settings;
  const size = x.length;
  const theta = gamma / (norm === "l2" ? size * Math.sqrt(size) : size * size);
  let at = yield* toBoundary(norm, x, start, theta);
  let distance = distanceOf(norm, at, x);
  let closest = distance;
  found.closest = at;
  for (let step = 0; step < steps; step++) {
    found.step = step;
    const sides = norm === "l2" ? Math.sqrt(size) : size;
    // Offsets must not drown in the rounding of float32.
    const finest = 2 ** -20 * (high - low) * Math.sqrt(size);
    const radius = step === 0 ? 0.1 * (high - low) : Math.max(sides * theta * distance, finest);
    const count = Math.min(Math.floor(samples * Math.sqrt(step + 1)), maxSamples);
    const direction = yield* estimate({ ...example, key: foldIn(key, step) }, at, radius, count, norm);
    let length = distance / Math.sqrt(step + 1);
    let moved: Float32Array | undefined;
    for (let halving = 0; halving < HALVINGS && !moved; halving++, length /= 2) {
      const candidate = at.map((value, i) => clip(value + length * direction[i]!, low, high));
      const [adversarial] = yield candidate;
      if (adversarial) moved = candidate;
    }
    if (!moved) continue;
    at = yield* toBoundary(norm, x, moved, theta);
    distance = distanceOf(norm, at, x);
    if (distance < closest) {
      closest = distance;
      found.closest = at;
    }
  }
}

/** Goes towards `x` as far as the point stays adversarial: in L2 on a line, in Linf by clipping to ever smaller balls. */
function* toBoundary(
  norm: "l2" | "linf",
  x: Float32Array,
  start: Float32Array,
  theta: number,
): Walk<boolean, Float32Array> {
  if (norm === "l2") return yield* bisect(start, (t) => blend(x, start, t), theta);
  const radius = distanceOf("linf", start, x);
  const pointAt = (t: number): Float32Array =>
    x.map((value, i) => clip(start[i]!, value - t * radius, value + t * radius));
  return yield* bisect(start, pointAt, theta);
}

/** The direction in which the margin rises at a point of the boundary, of Euclidean length 1, or its signs for Linf. */
function* estimate(
  { x, key, bounds: [low, high] }: DecisionExample,
  at: Float32Array,
  radius: number,
  count: number,
  norm: "l2" | "linf",
): Walk<boolean, Float64Array> {
  const size = x.length;
  const signed = new Float64Array(size);
  const all = new Float64Array(size);
  let total = 0;
  for (let from = 0; from < count; from += TOGETHER) {
    const some = Math.min(TOGETHER, count - from);
    const candidates = new Float32Array(some * size);
    for (let sample = 0; sample < some; sample++) {
      const draw = foldIn(key, from + sample);
      const noise = norm === "l2" ? normalValues(draw, size) : uniformValues(draw, size, { min: -1 });
      const scale = radius / Math.max(lengthOf(noise), Number.MIN_VALUE);
      for (let i = 0; i < size; i++) candidates[sample * size + i] = clip(at[i]! + scale * noise[i]!, low, high);
    }
    const answers = yield candidates;
    answers.forEach((adversarial, sample) => {
      const sign = adversarial ? 1 : -1;
      total += sign;
      for (let i = 0; i < size; i++) {
        const offset = candidates[sample * size + i]! - at[i]!;
        signed[i]! += sign * offset;
        all[i]! += offset;
      }
    });
  }
  // Where all decisions agree, they are not compared with their mean: nothing would be left.
  const mean = Math.abs(total) === count ? 0 : total / count;
  const direction = signed.map((value, i) => value - mean * all[i]!);
  if (norm === "linf") return direction.map(Math.sign);
  const length = lengthOf(direction);
  return direction.map((value) => (length > 0 ? value / length : 0));
}

function lengthOf(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return Math.sqrt(squares);
}
