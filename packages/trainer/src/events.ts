import type { Divergence } from "./divergence_error.ts";

/** Sent once, before the first iteration. */
export interface BeginEvent {
  /** The kind of event. */
  readonly type: "begin";
  /** How many iterations there will be. */
  readonly iterations: number;
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

/** Sent when training diverges, before `fit` throws. */
export interface DivergenceEvent {
  /** The kind of event. */
  readonly type: "divergence";
  /** What was found, and when. */
  readonly divergence: Divergence;
}

/** Sent once, after the last iteration. */
export interface EndEvent {
  /** The kind of event. */
  readonly type: "end";
  /** Why training ended: all iterations were made, or the signal was aborted, or the data ended. */
  readonly reason: "completed" | "aborted" | "exhausted";
  /** How many iterations were made. */
  readonly iterations: number;
}

/** What a training run tells its listeners. */
export type TrainingEvent = BeginEvent | IterationEvent | DivergenceEvent | EndEvent;

/** Hears the events of a run in order; `fit` waits for it. */
export type Listener = (event: TrainingEvent) => void | Promise<void>;
