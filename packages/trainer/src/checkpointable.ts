/** An array of a {@linkcode Snapshot}. */
export type SnapshotArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** The whole state of something, as copies: fit to be kept in memory or written to files. */
export interface Snapshot {
  /** Settings and counters: what JSON can hold, so no NaN and no Infinity. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The bulk of the state; bits are kept, also those of NaN. */
  readonly arrays: Readonly<Record<string, SnapshotArray>>;
}

/** Whatever has a state that a checkpoint keeps: weights, an optimizer, a replay buffer, an average of weights. */
export interface Checkpointable {
  /** The whole state, copied: what happens next does not change it. */
  snapshot(): Snapshot | Promise<Snapshot>;
  /** Takes over a state, so that everything goes on as it would have; the arrays are borrowed. Throws when it does not fit. */
  restore(snapshot: Snapshot): void | Promise<void>;
}
