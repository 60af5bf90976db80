import { foldIn, type Key, split } from "@jem-js/random";
import { dispose, nextFrame, type TensorContainer, variableGrads } from "@tensorflow/tfjs-core";
import { checkFitOptions } from "./_check_options.ts";
import { checkpointing } from "./_checkpointing.ts";
import { remediesOf } from "./_remedies.ts";
import { runState } from "./_run_state.ts";
import { applyGradient, gradientOf, learningRateOf, setLearningRate } from "./_train_step.ts";
import type { Finding } from "./detector.ts";
import { DivergenceError } from "./divergence_error.ts";
import type { EvaluationEvent, IterationEvent, TrainingEvent } from "./events.ts";
import type { Batches, FitOptions, FitResult } from "./fit_options.ts";
import { memoryCheckpoints } from "./memory_checkpoints.ts";
import { optimizerState } from "./optimizer_state.ts";
import type { Procedure } from "./procedure.ts";
import { weightsState } from "./weights_state.ts";

/**
 * Trains: prepares a step from each batch, takes the gradient of its loss, checks it, and applies it.
 *
 * An iteration whose loss or gradient is not finite, whose loss exceeds the limit, or that a detector objects to, is not
 * applied. With `recovery` the run then goes back to a checkpoint and on from there with a remedy; else, and when the retries
 * are used up, it stops with a {@linkcode DivergenceError}, and the weights are those of the last sound iteration.
 *
 * With `checkpoints` an interrupted run goes on exactly: the same call, on the same backend with as many threads, ends with
 * the weights that it would have ended with. Values are read once an iteration. Two runs with equal keys, data, weights and
 * backend are equal.
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
 * @param batches The data, such as `(start) => batches(dataset, { key, batchSize, start })`; each batch drawn from it is
 * disposed by `fit`. It is closed at the end.
 * @param options The optimizer, the weights, the length of the run and who listens.
 * @returns Why and after how many iterations the run ended.
 * @throws {RangeError} When `iterations` is not a positive integer or another number is out of bounds.
 * @throws {TypeError} When there are no variables, `batches` cannot be started anew for `checkpoints` or `recovery`, or
 * `gradients` does not call the loss.
 * @throws {CheckpointError} When checkpoints are there but none is whole, or they are of another run.
 * @throws {DivergenceError} When training diverges for good.
 */
export async function fit<Batch>(
  procedure: Procedure<Batch>,
  batches: Batches<Batch>,
  options: FitOptions,
): Promise<FitResult> {
  checkFitOptions(options, batches);
  const { optimizer, variables, iterations, key, clip = {}, listeners = [], stopWhen = [], detectors = [] } = options;
  const { gradients = variableGrads, signal, evaluation, lossLimit = 1e8, recovery, model, state = {} } = options;
  const { learningRate = () => ownRate } = options;
  const ownRate = learningRateOf(optimizer);
  const [evaluationKey] = split(key) as [Key];
  const remedies = remediesOf(key, recovery);
  const run = runState(key);
  const parts = {
    model: weightsState(model ?? variables),
    optimizer: optimizerState(optimizer),
    run,
    remedies,
    ...state,
  };
  const kept = options.checkpoints ?? (recovery && { store: memoryCheckpoints() });
  const checkpoints = kept && checkpointing(kept, parts, tell, recovery !== undefined);

  async function tell(event: TrainingEvent): Promise<void> {
    for (const listener of listeners) await listener(event);
  }

  /** Makes one iteration, or throws before anything is applied. */
  async function iterate(batch: Batch, iteration: number): Promise<Record<string, number>> {
    const { adjustments } = remedies;
    const step = await procedure(batch, { key: foldIn(remedies.key(), iteration), iteration, adjustments });
    const { grads, terms } = await gradientOf(step, variables, gradients);
    try {
      const found = findDivergence(terms, lossLimit) ?? (await askDetectors(terms, iteration));
      if (found) {
        const suspects = step.slots && { slots: Array.from(step.slots) };
        throw new DivergenceError({ iteration, terms, ...suspects, ...found });
      }
      const rate = learningRate(iteration) * adjustments.learningRate;
      if (options.learningRate || recovery) setLearningRate(optimizer, rate);
      applyGradient(optimizer, variables, grads, clip, terms.gradientNorm!);
      return options.learningRate ? { ...terms, learningRate: rate } : terms;
    } finally {
      dispose(grads);
    }
  }

  async function askDetectors(terms: Record<string, number>, iteration: number): Promise<Finding | undefined> {
    for (const detect of detectors) {
      const found = await detect({ iteration, terms, history: run.history });
      if (found) return found;
    }
    return undefined;
  }

  /** Tells an event and asks whether to end because of it. */
  async function hear(event: IterationEvent | EvaluationEvent): Promise<boolean> {
    await tell(event);
    // All are asked: each has a state of its own.
    return stopWhen.map((stops) => stops(event)).includes(true);
  }

  /** Makes iterations from `start` on until the run ends. */
  async function iterateFrom(start: number): Promise<FitResult> {
    if (start >= iterations) return { reason: "completed", iterations: start };
    if (signal?.aborted) return { reason: "aborted", iterations: start };
    let made = start;
    let started = performance.now();
    for await (const batch of typeof batches === "function" ? batches(start) : batches) {
      const iteration = made;
      let terms: Record<string, number>;
      try {
        terms = await iterate(batch, iteration);
      } finally {
        dispose(batch as TensorContainer);
      }
      run.record({ iteration, ...terms });
      const now = performance.now();
      let stops = await hear({ type: "iteration", iteration, terms, milliseconds: now - started });
      started = now;
      made++;
      if (evaluation && made % evaluation.every === 0) {
        const metrics = await evaluation.evaluate({ key: foldIn(evaluationKey, iteration), iteration });
        stops = (await hear({ type: "evaluation", iteration, metrics })) || stops;
      }
      if (checkpoints?.isDue(made)) await checkpoints.save(made);
      // On most backends the loop above waits for nothing: without a turn of the event loop no abort, no Ctrl-C and no
      // redrawing would ever be heard.
      await nextFrame();
      if (made === iterations) return { reason: "completed", iterations: made };
      if (signal?.aborted) return { reason: "aborted", iterations: made };
      if (stops) return { reason: "stopped", iterations: made };
    }
    return { reason: "exhausted", iterations: made };
  }

  /** Goes back to a checkpoint with a remedy; returns the iteration to go on from, or throws the error. */
  async function recover(error: unknown): Promise<number> {
    if (!(error instanceof DivergenceError)) throw error;
    const { divergence } = error;
    const { history } = run;
    const inForce = await remedies.snapshot();
    const remedy = remedies.next();
    const { rollback = 1 } = remedy;
    const resumedFrom =
      remedies.retriesLeft > 0 ? await checkpoints?.rollBack(rollback, remedies.resumedFrom) : undefined;
    if (resumedFrom === undefined) {
      await tell({ type: "divergence", divergence });
      throw error;
    }
    await remedies.restore(inForce);
    const quarantined = remedies.apply(remedy, divergence, resumedFrom);
    const { incidents: number, retriesLeft, adjustments } = remedies;
    const incident = { number, retriesLeft, divergence, history, remedy, resumedFrom, quarantined, adjustments };
    await tell({ type: "recovery", incident });
    return resumedFrom;
  }

  const { step: start, refused } = (await checkpoints?.resume()) ?? { step: 0, refused: [] };
  await tell({ type: "begin", iterations, start, refused });
  await checkpoints?.save(start);
  let result: FitResult | undefined;
  for (let from = start; !result; ) {
    try {
      result = await iterateFrom(from);
    } catch (error) {
      from = await recover(error);
    }
  }
  await checkpoints?.save(result.iterations);
  await tell({ type: "end", ...result });
  return result;
}

function findDivergence(values: Record<string, number>, lossLimit: number): Finding | undefined {
  const bad = Object.entries(values).find(([, value]) => !Number.isFinite(value));
  if (bad) return { reason: `${bad[0]} is ${bad[1]}` };
  const loss = values.loss!;
  if (Math.abs(loss) <= lossLimit) return undefined;
  return { reason: `loss is ${loss}, beyond the limit of ${lossLimit}` };
}
