import { foldIn, type Key } from "@jem-js/random";
import {
  addN,
  concat,
  dispose,
  keep,
  type NamedTensorMap,
  nextFrame,
  type Optimizer,
  reshape,
  type Scalar,
  sqrt,
  square,
  sum,
  type Tensor,
  type TensorContainer,
  tidy,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { DivergenceError } from "./divergence_error.ts";
import type { Listener, TrainingEvent } from "./events.ts";
import type { Schedule } from "./learning_rate.ts";
import type { LossTerms, PreparedStep, Procedure } from "./procedure.ts";

/** Options of {@linkcode fit}. */
export interface FitOptions {
  /** The optimizer; its learning rate is set by the schedule, if there is one. Borrowed. */
  readonly optimizer: Optimizer;
  /** The weights to train. At least one. */
  readonly variables: readonly Variable[];
  /** How many iterations to make. */
  readonly iterations: number;
  /** The key of the run: iteration `i` uses `foldIn(key, i)`. */
  readonly key: Key;
  /** The learning rate of each iteration. @default {the optimizer's own} */
  readonly learningRate?: Schedule;
  /** Hear the events of the run. @default {[]} */
  readonly listeners?: readonly Listener[];
  /** Ends the run after the current iteration. @default {undefined} */
  readonly signal?: AbortSignal;
  /** The run has diverged when `|loss|` exceeds it. The reference implementation's limit. @default {1e8} */
  readonly lossLimit?: number;
}

/** How a run of {@linkcode fit} ended. */
export interface FitResult {
  /** Why it ended. */
  readonly reason: "completed" | "aborted" | "exhausted";
  /** How many iterations were made. */
  readonly iterations: number;
}

/**
 * Trains: prepares a step from each batch, takes the gradient of its loss, checks it, and applies it.
 *
 * An iteration whose loss or gradient is not finite, or whose loss exceeds the limit, is not applied: the run stops with
 * a {@linkcode DivergenceError}, and the weights are those of the last sound iteration. Values are read once an
 * iteration. Two runs with equal keys, data, weights and backend are equal.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { fit } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const slope = tf.variable(tf.scalar(0));
 * const procedure = (x: tf.Tensor) => ({
 *   loss: () => ({ loss: tf.losses.meanSquaredError(tf.mul(x, 3), tf.mul(x, slope)) as tf.Scalar }),
 *   dispose: () => {},
 * });
 * function* batches() {
 *   while (true) yield tf.tensor1d([1, 2]);
 * }
 * const optimizer = tf.train.sgd(0.1);
 * await fit(procedure, batches(), { optimizer, variables: [slope], iterations: 50, key: key(0) });
 * expect((await slope.data())[0]).toBeCloseTo(3, 3);
 * ```
 *
 * @param procedure How a batch becomes a loss.
 * @param batches The data; each batch drawn from it is disposed by `fit`. It is closed at the end.
 * @param options The optimizer, the weights, the length of the run and who listens.
 * @returns Why and after how many iterations the run ended.
 * @throws {RangeError} When `iterations` is not a positive integer or `lossLimit` is not above 0.
 * @throws {TypeError} When there are no variables.
 * @throws {DivergenceError} When training diverges.
 */
export async function fit<Batch extends TensorContainer>(
  procedure: Procedure<Batch>,
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  options: FitOptions,
): Promise<FitResult> {
  const { optimizer, variables, iterations, key, learningRate, listeners = [], signal, lossLimit = 1e8 } = options;
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new RangeError(`Cannot fit: iterations must be a positive integer but found ${iterations}`);
  }
  if (!(lossLimit > 0)) throw new RangeError(`Cannot fit: lossLimit must be greater than 0 but found ${lossLimit}`);
  if (variables.length === 0) throw new TypeError("Cannot fit: variables must hold at least one variable but is empty");

  async function tell(event: TrainingEvent): Promise<void> {
    for (const listener of listeners) await listener(event);
  }

  async function iterate(batch: Batch, iteration: number): Promise<Record<string, number>> {
    const step = await procedure(batch, { key: foldIn(key, iteration), iteration });
    const { grads, terms } = gradients(step, variables);
    try {
      const values = await readScalars(terms);
      const reason = findDivergence(values, lossLimit);
      if (reason) throw new DivergenceError({ iteration, reason, terms: values });
      if (!learningRate) {
        optimizer.applyGradients(grads);
        return values;
      }
      const rate = learningRate(iteration);
      setLearningRate(optimizer, rate);
      optimizer.applyGradients(grads);
      return { ...values, learningRate: rate };
    } finally {
      dispose(grads);
    }
  }

  await tell({ type: "begin", iterations });
  let made = 0;
  let reason: FitResult["reason"] = "exhausted";
  if (signal?.aborted) reason = "aborted";
  else {
    let started = performance.now();
    for await (const batch of batches) {
      let terms: Record<string, number>;
      try {
        terms = await iterate(batch, made);
      } catch (error) {
        if (error instanceof DivergenceError) await tell({ type: "divergence", divergence: error.divergence });
        throw error;
      } finally {
        dispose(batch);
      }
      const now = performance.now();
      await tell({ type: "iteration", iteration: made, terms, milliseconds: now - started });
      started = now;
      made++;
      // On most backends the loop above waits for nothing: without a turn of the event loop no abort, no Ctrl-C and no
      // redrawing would ever be heard.
      await nextFrame();
      if (made === iterations) reason = "completed";
      else if (signal?.aborted) reason = "aborted";
      if (reason !== "exhausted") break;
    }
  }
  await tell({ type: "end", reason, iterations: made });
  return { reason, iterations: made };
}

/** SGD and momentum have a setter and ignore the field; the other optimizers read the field at each step. */
function setLearningRate(optimizer: Optimizer & { setLearningRate?(rate: number): void }, rate: number): void {
  if (optimizer.setLearningRate) optimizer.setLearningRate(rate);
  else (optimizer as unknown as { learningRate: number }).learningRate = rate;
}

/** The gradient of the loss with respect to the variables, and the terms with the gradient's norm, as one vector. */
function gradients(
  step: PreparedStep,
  variables: readonly Variable[],
): { grads: NamedTensorMap; terms: Record<string, Tensor> } {
  let terms: LossTerms | undefined;
  try {
    // The value that it returns is terms.loss itself.
    const { grads } = variableGrads(() => {
      terms = step.loss();
      for (const term of Object.values(terms)) keep(term);
      return terms.loss;
    }, [...variables]);
    const gradientNorm = tidy(() => sqrt(addN(Object.values(grads).map((g) => sum(square(g))))));
    return { grads, terms: { ...terms, gradientNorm } };
  } finally {
    step.dispose();
  }
}

/** Reads all scalars in one transfer and disposes them. */
async function readScalars(terms: Record<string, Tensor>): Promise<Record<string, number>> {
  const names = Object.keys(terms);
  const all = tidy(() => concat(names.map((name) => reshape(terms[name] as Scalar, [1]))));
  dispose(terms);
  const values = await all.data();
  all.dispose();
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

function findDivergence(values: Record<string, number>, lossLimit: number): string | undefined {
  const bad = Object.entries(values).find(([, value]) => !Number.isFinite(value));
  if (bad) return `${bad[0]} is ${bad[1]}`;
  const loss = values.loss!;
  return Math.abs(loss) > lossLimit ? `loss is ${loss}, beyond the limit of ${lossLimit}` : undefined;
}
