import type { Snapshot } from "./checkpointable.ts";

/** The state of a training run between two iterations. */
export interface Checkpoint {
  /** How many iterations were made. */
  readonly step: number;
  /** The state of each part of the run. */
  readonly parts: Readonly<Record<string, Snapshot>>;
}

/**
 * Keeps checkpoints: in memory (`memoryCheckpoints`), in files (`fileCheckpoints` of `@jem-js/trainer/node`) or wherever
 * you like.
 */
export interface CheckpointStore {
  /** The steps of the checkpoints that seem to be there, ascending. */
  steps(): Promise<number[]>;
  /** Reads a checkpoint, which then belongs to the caller. Rejects with a `CheckpointError` unless it is whole. */
  read(step: number): Promise<Checkpoint>;
  /** Keeps a checkpoint, which is borrowed: all of it, or it rejects with a `CheckpointError` and nothing has changed. */
  write(checkpoint: Checkpoint): Promise<void>;
  /** Forgets a checkpoint; does nothing when it is not there. */
  remove(step: number): Promise<void>;
}
