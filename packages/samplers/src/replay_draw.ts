import type { Tensor } from "@tensorflow/tfjs-core";

/** Options of the `draw` of a replay buffer. */
export interface DrawOptions {
  /** The class of each chain, `[batch]`, for a buffer of class blocks. @default {chains of all classes} */
  readonly labels?: ArrayLike<number>;
}

/** The chains drawn from a buffer. Pass it to `write` together with the results. */
export interface ReplayDraw {
  /** The starts, `[batch, ...shape]`, owned by the caller. */
  readonly x: Tensor;
  /** The slot that the result of each chain goes to, -1 for none; `[batch]`. */
  readonly slots: Int32Array;
  /** The slot that each chain was drawn at; `[batch]`. */
  readonly drawn: Int32Array;
  /** 1 for each chain that starts anew, else 0; `[batch]`. */
  readonly fresh: Uint8Array;
  /** The class of each chain; `[batch]`, all 0 without class blocks. */
  readonly labels: Int32Array;
}

/** Options of the `write` of a replay buffer. */
export interface WriteOptions {
  /** How many steps the chains made since they were drawn, for their provenance. @default {0} */
  readonly steps?: number;
  /** The energy of each result, `[batch]`, for its provenance; borrowed. @default {unknown} */
  readonly energies?: Tensor | ArrayLike<number>;
}
