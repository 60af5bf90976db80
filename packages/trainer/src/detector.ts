import type { TermsRow } from "./recovery.ts";

/** What a detector sees: an iteration whose gradient is not applied yet. */
export interface Observation {
  /** Which iteration, from 0. */
  readonly iteration: number;
  /** Its terms, all finite. */
  readonly terms: Readonly<Record<string, number>>;
  /** Up to a hundred iterations before it, the oldest first. */
  readonly history: readonly TermsRow[];
}

/** What a detector found. */
export interface Finding {
  /** What was found, as a sentence. */
  readonly reason: string;
  /** The slots of the replay buffer that are suspected. @default {those of the iteration} */
  readonly slots?: readonly number[];
}

/** Looks for a sign of divergence. It keeps no state of its own, so that a resumed run finds the same. */
export type Detector = (observation: Observation) => Finding | undefined | Promise<Finding | undefined>;
