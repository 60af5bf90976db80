import { foldIn, type Key } from "@jem-js/random";
import { dispose, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { checkChoice, checkEpsilon, checkInputs, checkKeys, checkLabels, isTensor } from "./_check.ts";
import { asFunction } from "./_classify.ts";
import { classIndices } from "./_goal.ts";
import { keysOf } from "./_norms.ts";
import { predict } from "./_predict.ts";
import { takeRows } from "./_subtask.ts";
import { apgd } from "./apgd.ts";
import type { AttackResult, AttackStatus } from "./attack_result.ts";
import type { AttackRunOptions } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import { fab } from "./fab.ts";
import type { Labels } from "./labels.ts";
import { square } from "./square.ts";

/** Options of {@linkcode autoAttack}. */
export interface AutoAttackOptions extends Omit<AttackRunOptions, "restarts"> {
  /** The norm of the ball. */
  readonly norm: "linf" | "l2";
  /** The radius of the ball, at least 0, in the units of `x`. */
  readonly epsilon: number;
  /** The key of what is random: a key for each example, or one of which example `i` gets `foldIn(key, i)`. */
  readonly key: Key | readonly Key[];
  /** Which attacks are made. @default {"standard"} */
  readonly version?: "standard" | "plus" | "rand";
}

/** What {@linkcode autoAttack} found. */
export interface AutoAttackResult<T extends Tensor = Tensor> extends AttackResult<T> {
  /** For each example the name of the attack that broke it; nothing where none did or none was needed. */
  readonly brokenBy: readonly (string | undefined)[];
}

/** What all attacks of a run have in common. */
type Shared = AttackRunOptions & Pick<AutoAttackOptions, "norm" | "epsilon" | "key">;
type Part = (model: Classifier, x: Tensor, labels: Int32Array, options: Shared) => Promise<AttackResult>;

/** The attacks of a version in the order in which they are made, for this many classes to reach. */
function partsOf(version: NonNullable<AutoAttackOptions["version"]>, targetClasses: number): Record<string, Part> {
  if (version === "rand") {
    return {
      "apgd-ce": (model, x, y, options) => apgd(model, x, y, { ...options, stopEarly: false }),
      "apgd-dlr": (model, x, y, options) => apgd(model, x, y, { ...options, loss: "dlr", stopEarly: false }),
    };
  }
  const restarts = version === "plus" ? 5 : 1;
  const targeted: Record<string, Part> = {
    "apgd-t": (model, x, y, options) => apgd(model, x, y, { ...options, targetClasses }),
    "fab-t": (model, x, y, options) => fab(model, x, y, { ...options, targetClasses }),
  };
  return {
    "apgd-ce": (model, x, y, options) => apgd(model, x, y, { ...options, restarts }),
    ...(version === "plus" && {
      "apgd-dlr": (model, x, y, options) => apgd(model, x, y, { ...options, loss: "dlr", restarts }),
      fab: (model, x, y, options) => fab(model, x, y, { ...options, restarts }),
    }),
    ...targeted,
    square: (model, x, y, options) => square(model, x, y, options),
  };
}

/**
 * Attacks with an ensemble that needs no tuning: AutoAttack. Each attack is made on what the ones before it left standing.
 *
 * - `"standard"`: APGD-CE, APGD-T and FAB-T with the 9 likeliest other classes (or as many as there are), Square with 5000 queries.
 * - `"plus"`: APGD-CE and APGD-DLR and FAB with 5 restarts each, then as `"standard"`.
 * - `"rand"`: APGD-CE and APGD-DLR to the end of their steps, for classifiers that draw noise: give it an `eotModel` of 20 draws, and judge `clipped`
 *   by `stochasticAccuracy`.
 *
 * A reason to doubt the classifier's gradients is `brokenBy` with `"square"` in it: see `gradientMasking`.
 *
 * @example Usage
 * ```ts
 * import { autoAttack } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.55, 0.45], [0.3, 0.6]]);
 * const { status, brokenBy } = await autoAttack(model, x, [0, 0], { norm: "linf", epsilon: 0.1, key: key(0) });
 * expect(status).toEqual(["success", "alreadyAdversarial"]);
 * expect(brokenBy).toEqual(["apgd-ce", undefined]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2003.01690 | Croce and Hein, Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`; borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param labels The true classes: int32 `[examples]`, or an array; borrowed.
 * @param options The ball, the key and the version.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When an argument is of another kind or shape.
 * @throws {RangeError} When a label is no class, or for the reasons of `runAttack`.
 */
export async function autoAttack<T extends Tensor>(
  model: Classifier,
  x: T,
  labels: Labels,
  options: AutoAttackOptions,
): Promise<AutoAttackResult<T>> {
  const { version = "standard", ...rest } = options;
  const action = "attack";
  const classify = asFunction(action, model);
  checkChoice(action, "version", version, ["standard", "plus", "rand"]);
  checkChoice(action, "norm", rest.norm, ["linf", "l2"]);
  checkEpsilon(action, rest.epsilon);
  checkInputs(action, x);
  const size = x.shape[0]!;
  if (size === 0) throw new RangeError(`Cannot ${action}: x must hold at least one example but found none`);
  checkLabels(action, labels, size);
  checkKeys(action, rest.key, size);

  const truth = classIndices(action, "labels", isTensor(labels) ? await labels.data() : labels);
  const keys = keysOf(rest.key, size);
  const [raw, clipped] = [(await x.data<"float32">()).slice(), (await x.data<"float32">()).slice()];
  const status = Array.from(truth, (): AttackStatus => "aborted");
  const brokenBy = Array.from(truth, (): string | undefined => undefined);
  const distances = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  const [queries, gradients] = [new Int32Array(size), new Int32Array(size)];
  const length = x.size / size;

  const one = takeRows(x, [0]);
  const { numClasses } = await predict(classify, one).finally(() => one.dispose());
  let standing = Array.from(truth.keys());
  for (const [place, [name, attack]] of Object.entries(partsOf(version, Math.min(9, numClasses - 1))).entries()) {
    if (standing.length === 0) break;
    const batch = takeRows(x, standing);
    let found: AttackResult | undefined;
    try {
      const target = Int32Array.from(standing, (row) => truth[row]!);
      // Each attack draws its own.
      const key = standing.map((row) => foldIn(keys[row]!, place));
      found = await attack(model, batch, target, { ...rest, key });
      const [rawRows, clippedRows] = await Promise.all([found.raw.data<"float32">(), found.clipped.data<"float32">()]);
      for (const [i, row] of standing.entries()) {
        queries[row]! += found.queries[i]!;
        gradients[row]! += found.gradients[i]!;
        status[row] = found.status[i]!;
        distances[row] = found.distances[i]!;
        raw.set(rawRows.subarray(i * length, (i + 1) * length), row * length);
        clipped.set(clippedRows.subarray(i * length, (i + 1) * length), row * length);
        if (found.status[i] === "success") brokenBy[row] = name;
      }
      standing = standing.filter((_, i) => !found!.success[i]);
    } finally {
      batch.dispose();
      if (found) dispose([found.raw, found.clipped]);
    }
  }
  return {
    raw: tensor(raw, x.shape) as T,
    clipped: tensor(clipped, x.shape) as T,
    success: Array.from(distances, Number.isFinite),
    distances,
    status,
    queries,
    gradients,
    brokenBy,
  };
}
