import { foldIn, permutationValues } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkChoice, checkPositiveInteger } from "./_check.ts";
import { checkKeyGiven, type Found, searchesOf, walkFromStart } from "./_decide.ts";
import type { AttackResult } from "./attack_result.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { DecisionExample, StartedOptions, Walk } from "./decision_example.ts";
import type { Labels } from "./labels.ts";
import { runAttack } from "./run_attack.ts";
import { startFromNoise } from "./start_from_noise.ts";
import { startFromSaltAndPepper } from "./start_from_salt_and_pepper.ts";

/** Options of {@linkcode pointwise}. */
export interface PointwiseOptions extends StartedOptions {
  /** Whether as few elements as possible are to differ, or they are to differ little as well. @default {"l0"} */
  readonly norm?: "l0" | "l2";
  /** How often the interval of an element is halved in a pass of the L2 phase. @default {10} */
  readonly bisections?: number;
}

/**
 * Takes back what is not needed of an adversarial input, element by element, with nothing but decisions of the classifier: the pointwise
 * attack.
 *
 * The L0 phase visits the elements that differ from `x` in random order, gives each its clean value, and leaves it so if the input stays
 * adversarial; it ends with a pass that takes nothing back. So no single element can be taken back from the result. With `norm: "l2"`, a second
 * phase brings those that are left closer to their clean values by bisection, again in passes until nothing changes.
 *
 * Queries of an example, at most: those of the start; in each pass one for each element that differs; in passes of the second phase
 * `1 + bisections`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { pointwise } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const weights = tf.tensor2d([[1, -1], [0, 0], [0, 0]]); // class 0 as long as the first element is above 0.5
 * const model = (x: tf.Tensor) => tf.matMul(tf.sub(x, 0.5) as tf.Tensor2D, weights) as tf.Tensor2D;
 * const x = tf.tensor2d([[0.75, 0.5, 0.5]]);
 * const sparse = await pointwise(model, x, [0], { key: key(0) });
 * expect([...sparse.distances]).toEqual([1]);
 * const small = await pointwise(model, x, [0], { key: key(0), norm: "l2" });
 * expect(small.distances[0]).toBeCloseTo(0.25, 2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1805.09190 | Schott et al., Towards the first adversarially robust neural network model on MNIST}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The key, the start and the norm.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller. An example without a start is `"noStart"`.
 * @throws {TypeError} When an argument is of another kind or shape, or there is no key.
 * @throws {RangeError} When `bisections` is no positive integer, `starts` are not in the bounds, or for the reasons of `runAttack`.
 */
export async function pointwise<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: PointwiseOptions,
): Promise<AttackResult<T>> {
  const { norm = "l0", bisections = 10, starts = [startFromSaltAndPepper(), startFromNoise()] } = options;
  const action = "attack";
  checkKeyGiven(action, options.key);
  checkChoice(action, "norm", norm, ["l0", "l2"]);
  checkPositiveInteger(action, "bisections", bisections);
  const searches = await searchesOf(action, starts, x, model, options.bounds);
  return runAttack(model, x, criterion, {
    ...options,
    norm,
    attack: (task) => {
      function* walk(example: DecisionExample, start: Float32Array, found: Found): Walk<boolean> {
        yield* reset(example, start, found);
        if (norm === "l2") yield* shrink({ ...example, key: foldIn(example.key, 0) }, found, bisections);
      }
      // There is no telling how many queries it takes: progress is the elements that are done with.
      return walkFromStart(task, searches, walk, task.x.size / task.examples.length);
    },
  });
}

/** The L0 phase. */
function* reset({ x, key }: DecisionExample, start: Float32Array, found: Found): Walk<boolean> {
  const at = start.slice();
  found.closest = at;
  for (let pass = 1, changed = true; changed; pass++) {
    changed = false;
    const left = differing(at, x);
    found.step = x.length - left.length;
    for (const place of permutationValues(foldIn(key, pass), left.length)) {
      const i = left[place]!;
      const [adversarial] = yield replaced(at, i, x[i]!);
      if (!adversarial) continue;
      at[i] = x[i]!;
      changed = true;
    }
  }
}

/** The L2 phase. */
function* shrink({ x, key }: DecisionExample, found: Found, bisections: number): Walk<boolean> {
  const at = found.closest!;
  for (let pass = 1, changed = true; changed; pass++) {
    changed = false;
    const left = differing(at, x);
    for (const place of permutationValues(foldIn(key, pass), left.length)) {
      const i = left[place]!;
      let clean = x[i]!;
      // The clean value first, then ever smaller steps towards it.
      for (let part = 0, value = clean; part <= bisections; part++, value = Math.fround((clean + at[i]!) / 2)) {
        if (value === at[i] || (part > 0 && value === clean)) break;
        const [adversarial] = yield replaced(at, i, value);
        if (adversarial) {
          at[i] = value;
          changed = true;
        } else clean = value;
        if (part === 0 && adversarial) break;
      }
    }
  }
}

function differing(at: Float32Array, x: Float32Array): number[] {
  return Array.from(x.keys()).filter((i) => at[i] !== x[i]);
}

function replaced(at: Float32Array, i: number, value: number): Float32Array {
  const candidate = at.slice();
  candidate[i] = value;
  return candidate;
}
