import { foldIn, type Key, uniformValues } from "@jem-js/random";
import {
  add,
  clipByValue,
  clone,
  dispose,
  logSumExp,
  mul,
  neg,
  softmax,
  type Tensor,
  tensor,
  tidy,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { checkBounds, checkFraction, checkPositive, checkPositiveInteger } from "./_check.ts";
import { asFunction, boundsOf, type Logits, readLogits, rowOf } from "./_classify.ts";
import { classIndices } from "./_goal.ts";
import { criterionLoss, logitsAndGradient } from "./_objective.ts";
import { placesOf, subtask, takeRows } from "./_subtask.ts";
import type { AttackResult } from "./attack_result.ts";
import type { AttackRunOptions, AttackTask } from "./attack_task.ts";
import type { Classifier, ClassifierFunction } from "./classifier.ts";
import { confident } from "./confident.ts";
import { runAttack } from "./run_attack.ts";
import { targeted } from "./targeted.ts";

/** Options of {@linkcode distalAdversarials}. */
export interface DistalAdversarialsOptions extends Omit<AttackRunOptions, "key" | "restarts"> {
  /** The key of the noise: image `i` starts from `foldIn(key, i)`. */
  readonly key: Key;
  /** The shape of one input, without the batch. */
  readonly shape: readonly number[];
  /** The probability that the class is to have, above 0 and below 1. @default {0.9} */
  readonly confidence?: number;
  /** How many steps to take, at most. @default {10000} */
  readonly steps?: number;
  /** The length of a step in units of the gradient of the cross-entropy, above 0. @default {1} */
  readonly stepSize?: number;
  /** How much of the last step is kept, from 0 to 1. @default {0.95} */
  readonly momentum?: number;
}

/** What {@linkcode distalAdversarials} found: the result of an attack, whose `clipped` are the images, and what the classifier says of them. */
export interface DistalAdversarials extends AttackResult {
  /** The noise that the images started from, `[classes.length, ...shape]`; owned by the caller. */
  readonly start: Tensor;
  /** How many steps each image took. */
  readonly steps: Int32Array;
  /** The probability of its class for each image. */
  readonly confidences: Float64Array;
  /** The energy `-logsumexp_y f(x)[y]` of each image: for an energy-based model minus its unnormalised log-density. */
  readonly energies: Float64Array;
  /** The energy of the noise that each image started from. */
  readonly startEnergies: Float64Array;
}

/**
 * Makes of noise inputs of which the classifier is sure that they belong to a class: distal adversarials.
 *
 * From uniform noise in the bounds, `v <- momentum v - grad CE(f(x), class)`, `x <- clip(x + stepSize v)`, until the probability of the class is
 * `confidence`. A model that knows what its classes look like has to draw one: look at the images, and compare the energies with those of data. A
 * classifier that is sure of noise says nothing of its inputs.
 *
 * @example Usage
 * ```ts
 * import { distalAdversarials } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.mul(x, 8) as tf.Tensor2D; // as many inputs as classes
 * const { success, confidences, energies, startEnergies } = await distalAdversarials(model, [0, 2], { key: key(0), shape: [3] });
 * expect(success).toEqual([true, true]);
 * expect(Math.min(...confidences)).toBeGreaterThan(0.9);
 * expect(energies[0]! < startEnergies[0]!).toBe(true);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model, §5.4}
 * @see {@link https://arxiv.org/abs/1805.09190 | Schott et al., Towards the first adversarially robust neural network model on MNIST}
 *
 * @param model A function from `[batch, ...shape]` to logits `[batch, classes]`, or an object with `logits` or `predict`; borrowed.
 * @param classes The class of each image to make, at least one.
 * @param options The key, the shape and when to stop.
 * @returns For each class what was found. `raw`, `clipped` and `start` are owned by the caller; `status` is `"failed"` where the steps did not suffice.
 * @throws {TypeError} When the model, the logits or `key` are of another kind or shape.
 * @throws {RangeError} When there are no classes, one is no class, `shape` is empty or not of positive integers, or an option is out of its range.
 */
export async function distalAdversarials(
  model: Classifier,
  classes: ArrayLike<number>,
  options: DistalAdversarialsOptions,
): Promise<DistalAdversarials> {
  const { key, shape, confidence = 0.9, steps = 10000, stepSize = 1, momentum = 0.95 } = options;
  const action = "make distal adversarials";
  const classify = asFunction(action, model);
  const bounds = boundsOf(model, options.bounds);
  const targets = classIndices(action, "classes", classes);
  if (!Array.isArray(shape) || shape.length === 0) {
    throw new RangeError(`Cannot ${action}: shape must hold a side but found ${shape?.length ?? "none"}`);
  }
  for (const side of shape) checkPositiveInteger(action, "shape", side);
  const criterion = confident(targeted(targets), confidence);
  checkPositiveInteger(action, "steps", steps);
  checkPositive(action, "stepSize", stepSize);
  checkFraction(action, "momentum", momentum);
  checkBounds(action, bounds);
  foldIn(key, 0); // throws on what is no key

  const [min, max] = bounds;
  const size = shape.reduce((product, side) => product * side, 1);
  const noise = new Float32Array(targets.length * size);
  targets.forEach((_, i) => {
    noise.set(uniformValues(foldIn(key, i), size, { min, max }), i * size);
  });
  const start = tensor(noise, [targets.length, ...shape]);
  const taken = new Int32Array(targets.length);
  let result: AttackResult | undefined;
  try {
    result = await runAttack(model, start, criterion, {
      ...(options.batchSize !== undefined && { batchSize: options.batchSize }),
      ...(options.signal && { signal: options.signal }),
      ...(options.onProgress && { onProgress: options.onProgress }),
      bounds,
      norm: "l2",
      attack: (task) => descend(task, { steps, stepSize, momentum, taken }),
    });
    const [before, after] = [await surenessOf(classify, start), await surenessOf(classify, result.clipped)];
    return {
      ...result,
      start,
      steps: taken,
      confidences: Float64Array.from(targets, (c, i) => rowOf(after.probabilities, i)[c]!),
      energies: after.energies,
      startEnergies: before.energies,
    };
  } catch (error) {
    dispose([start, ...(result ? [result.raw, result.clipped] : [])]);
    throw error;
  }
}

interface Descent {
  readonly steps: number;
  readonly stepSize: number;
  readonly momentum: number;
  /** The steps of each example, to be written. */
  readonly taken: Int32Array;
}

/** Goes down the cross-entropy until the examples are adversarial, which leave the batch then. */
async function descend(task: AttackTask, { steps, stepSize, momentum, taken }: Descent): Promise<Tensor> {
  const [low, high] = task.model.bounds;
  const size = task.x.size / task.x.shape[0]!;
  const values = new Float32Array(task.x.size);
  let open = placesOf(task);
  let part = subtask(task, open);
  let x = clone(task.x);
  let velocity: Tensor = zerosLike(task.x);

  async function write(): Promise<void> {
    const at = (await x.data()) as Float32Array;
    open.forEach((row, i) => {
      values.set(at.subarray(i * size, (i + 1) * size), row * size);
    });
  }

  try {
    for (let step = 0; step < steps; step++) {
      if (!(await task.proceed(step, steps))) break;
      const loss = criterionLoss(part.criterion, "crossEntropy");
      const { logits, gradient } = logitsAndGradient(part.model.logits, loss, x);
      const last = [x, velocity];
      velocity = tidy(() => add(mul(velocity, momentum), gradient));
      x = tidy(() => clipByValue(add(x, mul(velocity, stepSize)), low, high));
      dispose([logits, gradient, ...last]);
      for (const row of open) taken[task.examples[row]!]! += 1;
      const done = await part.isAdversarial(x);
      if (!done.includes(true)) continue;
      await write();
      const kept = placesOf(part).filter((i) => !done[i]);
      open = kept.map((i) => open[i]!);
      if (open.length === 0) break;
      const all = [x, velocity, part.x];
      [x, velocity, part] = [takeRows(x, kept), takeRows(velocity, kept), subtask(task, open)];
      dispose(all);
    }
    if (open.length > 0) await write();
  } finally {
    dispose([x, velocity, part.x]);
  }
  return tensor(values, task.x.shape);
}

/** The probabilities and the energies of inputs, read. */
async function surenessOf(
  classify: ClassifierFunction,
  x: Tensor,
): Promise<{ probabilities: Logits; energies: Float64Array }> {
  const { probabilities, energies } = tidy(() => {
    const logits = classify(x);
    return { probabilities: softmax(logits), energies: neg(logSumExp(logits, 1)) };
  });
  const values = Float64Array.from(await energies.data());
  energies.dispose();
  return { probabilities: await readLogits(probabilities), energies: values };
}
