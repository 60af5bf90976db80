import type { Key } from "@jem-js/random";
import type { NamedTensorMap, Optimizer, Scalar, Variable } from "@tensorflow/tfjs-core";
import type { CheckpointStore } from "./checkpoint_store.ts";
import type { Checkpointable } from "./checkpointable.ts";
import type { Detector } from "./detector.ts";
import type { EndReason, Listener } from "./events.ts";
import type { Schedule } from "./learning_rate.ts";
import type { RecoveryOptions } from "./recovery.ts";
import type { StopCriterion } from "./stop_criterion.ts";
import type { SavableModel } from "./weights_state.ts";

/** Options of `fit`. */
export interface FitOptions {
  /** The optimizer; its learning rate is set by the schedule, if there is one. Borrowed. */
  readonly optimizer: Optimizer;
  /** The weights to train. At least one. */
  readonly variables: readonly Variable[];
  /** How many iterations to make, with those that a checkpoint has behind it. */
  readonly iterations: number;
  /** The key of the run: iteration `i` uses `foldIn(key, i)`. */
  readonly key: Key;
  /** The learning rate of each iteration. @default {the optimizer's own} */
  readonly learningRate?: Schedule;
  /** How the gradient is taken, such as `sharpnessAwareGradients` of `@jem-js/objectives`. @default {variableGrads} */
  readonly gradients?: Gradients;
  /** Bounds of the gradient. @default {none} */
  readonly clip?: ClipOptions;
  /** Hear the events of the run. @default {[]} */
  readonly listeners?: readonly Listener[];
  /** Ends the run after the current iteration. @default {undefined} */
  readonly signal?: AbortSignal;
  /** End the run when one of them says so: `timeBudget`, `earlyStopping`. @default {[]} */
  readonly stopWhen?: readonly StopCriterion[];
  /** Measures the model now and then. @default {undefined} */
  readonly evaluation?: EvaluationOptions;
  /** The run has diverged when `|loss|` exceeds it. The reference implementation's limit. @default {1e8} */
  readonly lossLimit?: number;
  /** Further signs of divergence, looked for before a gradient is applied: `energyDrift`, `bufferOutliers`. @default {[]} */
  readonly detectors?: readonly Detector[];
  /** What to do about divergence, in place of throwing. @default {undefined} */
  readonly recovery?: RecoveryOptions;
  /** Where the state of the run is kept; if a checkpoint is there already, the run goes on from it. @default {nowhere} */
  readonly checkpoints?: CheckpointOptions;
  /** The model: checkpoints then hold its topology and all its weights. @default {`variables` alone} */
  readonly model?: SavableModel;
  /**
   * What else changes in training, by the name of its file in a checkpoint: the replay buffer, an average of the weights.
   * @default {{}}
   */
  readonly state?: Readonly<Record<string, Checkpointable>>;
}

/** Evaluations during a run. */
export interface EvaluationOptions {
  /** After each how many iterations it is evaluated. */
  readonly every: number;
  /** Measures. Its key is of a stream of its own, so that evaluations do not change the training. */
  readonly evaluate: (context: { readonly key: Key; readonly iteration: number }) => Promise<Record<string, number>>;
}

/** How a run of `fit` ended. */
export interface FitResult {
  /** Why it ended. */
  readonly reason: EndReason;
  /** How many iterations were made, with those that a checkpoint had behind it. */
  readonly iterations: number;
}

/** Batches, or how to get them from the `start`-th on: a run that goes on from a checkpoint needs the latter. */
export type Batches<Batch> =
  | Iterable<Batch>
  | AsyncIterable<Batch>
  | ((start: number) => Iterable<Batch> | AsyncIterable<Batch>);

/**
 * Takes the gradient of a loss: `tf.variableGrads`, or what takes its place. It may call the loss more than once, the first
 * time at the weights as they are, and leaves them so. What it returns is owned by `fit`.
 */
export type Gradients = (
  loss: () => Scalar,
  variables: Variable[],
) => { readonly value: Scalar; readonly grads: NamedTensorMap };

/** Bounds of the gradient: option `clip` of `fit`. */
export interface ClipOptions {
  /** The largest norm of the whole gradient: a longer one is scaled down to it. Greater than 0. @default {Infinity} */
  readonly norm?: number;
  /** The largest magnitude of an element; applied after `norm`. Greater than 0. @default {Infinity} */
  readonly value?: number;
}

/** When checkpoints are made, and where they are kept: option `checkpoints` of `fit`. */
export interface CheckpointOptions {
  /** Where: `memoryCheckpoints()`, or `fileCheckpoints(folder)` of `@jem-js/trainer/node`. */
  readonly store: CheckpointStore;
  /** A checkpoint is made after each `every` iterations, at the start and at the end. @default {100} */
  readonly every?: number;
  /** How many of them are kept, beside one at the end and, for a run that recovers, the first. @default {3} */
  readonly keep?: number;
}
