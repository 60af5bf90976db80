import { foldIn } from "@jem-js/random";
import { gather, nextFrame, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import {
  checkBounds,
  checkChoice,
  checkClasses,
  checkEpsilon,
  checkInputs,
  checkInsideBounds,
  checkKeys,
  checkLabels,
  checkPositiveInteger,
  isTensor,
} from "./_check.ts";
import { asFunction, boundsOf, countPasses, readLogits, rowOf } from "./_classify.ts";
import { isCriterion } from "./_goal.ts";
import { createLedger } from "./_ledger.ts";
import { keysOf } from "./_norms.ts";
import type { DistanceNorm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { Attack, AttackRunOptions, AttackTask } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";
import { misclassification } from "./misclassification.ts";

/** Options of {@linkcode runAttack}. */
export interface RunAttackOptions extends AttackRunOptions {
  /** The attack. */
  readonly attack: Attack;
  /** What distances are measured in. */
  readonly norm: DistanceNorm;
  /**
   * The radius of the ball that the perturbed inputs are brought into, at least 0. In `"l0"`, where no point of the ball is nearest,
   * what lies outside counts as failed. @default {undefined: any distance will do}
   */
  readonly epsilon?: number;
}

/** After how many milliseconds the event loop gets a turn. */
const TURN = 20;

/**
 * Makes an attack and says for each example what came of it. All attacks that return an `AttackResult` are made by this function; it gives those
 * that return a tensor, such as `pgd`, the same result, restarts, counts and progress.
 *
 * Examples that meet the criterion already are not attacked. The others are attacked in batches, `restarts` times. What the attack returns is
 * brought into the ball of radius `epsilon` around `x` and into the bounds, and is judged by a forward pass of its own: for an attack that
 * looks for the smallest perturbation, that makes `success` its success at `epsilon`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { misclassification, pgd, runAttack } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D;
 * const x = tf.tensor2d([[0.9, 0.2], [0.6, 0.5], [0.4, 0.6]]);
 * const ball = { norm: "linf", epsilon: 0.1 } as const;
 * const result = await runAttack(model, x, misclassification([0, 0, 0]), {
 *   ...ball,
 *   attack: ({ model, x, criterion, keys }) => pgd(model, x, criterion, { ...ball, key: keys!, returnBest: true }),
 *   key: key(0),
 *   restarts: 3,
 * });
 * expect(result.status).toEqual(["failed", "success", "alreadyAdversarial"]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.06705 | Carlini et al., On evaluating adversarial robustness}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`;
 * borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param criterion What counts as adversarial, or the labels to leave: int32 `[examples]`, or an array; borrowed.
 * @param options The attack, the norm and how to run.
 * @returns For each example what was found; its tensors, shape of `x`, are owned by the caller.
 * @throws {TypeError} When the model, `x`, `criterion`, the logits, `norm`, `key` or what the attack returns are of another kind or
 * shape, or there are restarts without a key.
 * @throws {RangeError} When there are no examples, `epsilon` is negative, `restarts` or `batchSize` no positive integer, `bounds` not ascending,
 * any of them not finite, an input outside them, or the criterion is about more classes than there are.
 */
export async function runAttack<T extends Tensor>(
  model: Classifier,
  x: T,
  criterion: Criterion | Labels,
  options: RunAttackOptions,
): Promise<AttackResult<T>> {
  const { attack, norm, epsilon, key, restarts = 1, batchSize = 100, signal, onProgress } = options;
  const action = "run attack";
  const classify = asFunction(action, model);
  const classifyAndCount = countPasses(classify);
  const bounds = boundsOf(model, options.bounds);
  checkInputs(action, x);
  const size = x.shape[0]!;
  if (size === 0) throw new RangeError(`Cannot ${action}: x must hold at least one example but found none`);
  if (!isCriterion(criterion)) checkLabels(action, criterion, size);
  else if (criterion.size !== size) {
    throw new TypeError(`Cannot ${action}: criterion must be for ${size} examples but found ${criterion.size}`);
  }
  checkChoice(action, "norm", norm, ["linf", "l2", "l1", "l0"]);
  if (epsilon !== undefined) checkEpsilon(action, epsilon);
  checkPositiveInteger(action, "restarts", restarts);
  checkPositiveInteger(action, "batchSize", batchSize);
  checkBounds(action, bounds);
  if (key) checkKeys(action, key, size);
  else if (restarts > 1)
    throw new TypeError(`Cannot ${action}: key must be given for ${restarts} restarts but found none`);
  await checkInsideBounds(action, x, bounds);

  const aim = isCriterion(criterion)
    ? criterion
    : misclassification(isTensor(criterion) ? await criterion.data<"int32">() : criterion);
  const keys = key && keysOf(key, size);
  const ledger = createLedger((await x.data()) as Float32Array, x.shape, { norm, epsilon, bounds });
  let turn = Date.now();

  function taskOf(examples: readonly number[], progress: { done: number; total: number; restart: number }): AttackTask {
    const subset = aim.select(examples);
    const everyRow = examples.map((_, row) => row);
    function count(rows: readonly number[], passes: "queries" | "gradients"): void {
      for (const row of rows) ledger[passes][examples[row]!]! += 1;
    }
    const logits: AttackTask["model"]["logits"] = (candidates, rows = everyRow) => {
      checkRows(action, candidates, rows);
      return tidy(() => {
        const found = classifyAndCount(candidates, (passes) => count(rows, passes));
        checkClasses(action, aim, found.shape[1]);
        return found;
      });
    };
    return {
      model: { bounds, logits },
      x: tidy(() => gather(x, tensor1d([...examples], "int32"))),
      criterion: subset,
      examples,
      restart: progress.restart,
      ...(keys && { keys: examples.map((example) => foldIn(keys[example]!, progress.restart)) }),
      isAdversarial: async (candidates, rows = everyRow) => {
        checkRows(action, candidates, rows);
        count(rows, "queries");
        // No gradient is asked of these logits.
        const found = await readLogits(classify(candidates));
        checkClasses(action, aim, found.classes);
        return rows.map((row, i) => subset.isAdversarial(rowOf(found, i), row));
      },
      proceed: async (step, steps) => {
        onProgress?.({ ...progress, step, steps });
        if (Date.now() - turn >= TURN) {
          await nextFrame();
          turn = Date.now();
        }
        return !signal?.aborted;
      },
    };
  }

  /** Does something with all of `examples`, in batches. */
  async function inBatches(
    examples: readonly number[],
    restart: number,
    work: (task: AttackTask) => Promise<void>,
  ): Promise<void> {
    for (let done = 0; done < examples.length && !signal?.aborted; done += batchSize) {
      const task = taskOf(examples.slice(done, done + batchSize), { done, total: examples.length, restart });
      try {
        await work(task);
      } finally {
        task.x.dispose();
      }
    }
  }

  await inBatches(ledger.everyone, 0, async (task) => ledger.clean(task, await task.isAdversarial(task.x)));
  for (let restart = 0; restart < restarts; restart++) {
    await inBatches(ledger.standing(), restart, async (task) =>
      ledger.record(task, await attack(task), signal?.aborted ?? false),
    );
  }
  return ledger.result() as AttackResult<T>;
}

/** Throws unless there is a candidate for each of these rows. */
function checkRows(action: string, candidates: Tensor, rows: readonly number[]): void {
  if (candidates.shape[0] !== rows.length) {
    throw new TypeError(
      `Cannot ${action}: candidates must be [${rows.length}, ...] but found [${candidates.shape.join(", ")}]`,
    );
  }
}
