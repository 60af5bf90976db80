import type { CheckpointError } from "./checkpoint_error.ts";
import type { Divergence } from "./divergence_error.ts";
import type { Incident } from "./recovery.ts";

/** Sent once, before the first iteration. */
export interface BeginEvent {
  /** The kind of event. */
  readonly type: "begin";
  /** How many iterations there will be, with those of earlier calls. */
  readonly iterations: number;
  /** The first iteration: 0, or where a checkpoint left off. What was recorded from it on is about to be repeated. */
  readonly start: number;
  /** The checkpoints that were refused before one was found whole, and why. */
  readonly refused: readonly CheckpointError[];
}

/** Sent after each iteration. */
export interface IterationEvent {
  /** The kind of event. */
  readonly type: "iteration";
  /** Which iteration, from 0. */
  readonly iteration: number;
  /** The loss, its terms, the norm of the gradient (`gradientNorm`) and the learning rate (`learningRate`). */
  readonly terms: Readonly<Record<string, number>>;
  /** How long the iteration took, in milliseconds. */
  readonly milliseconds: number;
}

/** Sent after each evaluation. */
export interface EvaluationEvent {
  /** The kind of event. */
  readonly type: "evaluation";
  /** The iteration after which it was made, from 0. */
  readonly iteration: number;
  /** What was measured. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Sent before and after a checkpoint is written. */
export interface CheckpointEvent {
  /** The kind of event. */
  readonly type: "checkpoint";
  /** How many iterations were made. */
  readonly step: number;
  /** Whether it is about to be written, is whole, or could not be written: then training goes on without it. */
  readonly status: "saving" | "saved" | "failed";
  /** Why it could not be written. */
  readonly error?: CheckpointError;
}

/** Sent when training diverged and goes on from a checkpoint. What was recorded from there on is about to be repeated. */
export interface RecoveryEvent {
  /** The kind of event. */
  readonly type: "recovery";
  /** What happened and what was done about it. */
  readonly incident: Incident;
}

/** Sent when training diverges for good, before `fit` throws. */
export interface DivergenceEvent {
  /** The kind of event. */
  readonly type: "divergence";
  /** What was found, and when. */
  readonly divergence: Divergence;
}

/** Why a run ended: all iterations were made, the signal was aborted, a criterion was met, or the data ended. */
export type EndReason = "completed" | "aborted" | "stopped" | "exhausted";

/** Sent once, after the last iteration. */
export interface EndEvent {
  /** The kind of event. */
  readonly type: "end";
  /** Why training ended. */
  readonly reason: EndReason;
  /** How many iterations were made, with those of earlier calls. */
  readonly iterations: number;
}

/** What a training run tells its listeners. */
export type TrainingEvent =
  | BeginEvent
  | IterationEvent
  | EvaluationEvent
  | CheckpointEvent
  | RecoveryEvent
  | DivergenceEvent
  | EndEvent;

/** Hears the events of a run in order; `fit` waits for it. */
export type Listener = (event: TrainingEvent) => void | Promise<void>;
