/** What JSON can say. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** An object of JSON. */
export interface JsonObject {
  /** Its members by name. */
  [name: string]: JsonValue;
}

/** An array of a {@linkcode BufferSnapshot}. */
export type SnapshotArray = Float32Array | Int32Array | Uint8Array;

/** The whole state of a replay buffer, as copies: JSON values and typed arrays, fit to be stored. */
export interface BufferSnapshot {
  /** The settings that the buffer to be restored must share, and counters. */
  readonly values: Record<string, JsonValue>;
  /** The chains and their provenance. */
  readonly arrays: Record<string, SnapshotArray>;
}
