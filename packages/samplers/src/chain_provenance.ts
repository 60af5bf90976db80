/** How a chain of a replay buffer began: with the buffer, anew in a draw, or anew by `reinitialize`. */
export type ChainOrigin = "initial" | "reinit" | "reinitialize";

/** What is known of a chain of a replay buffer. */
export interface ChainProvenance {
  /** How often it was drawn and written since it began. */
  readonly draws: number;
  /** How many steps it made since it began, as told to `write`. */
  readonly steps: number;
  /** How it began. */
  readonly origin: ChainOrigin;
  /** The class of its block; 0 without class blocks. */
  readonly label: number;
  /** Its energy when it was last written; NaN when unknown. */
  readonly energy: number;
}
