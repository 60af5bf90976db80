import type { Key } from "@jem-js/random";
import type { Divergence } from "./divergence_error.ts";
import type { Adjustments } from "./procedure.ts";

/** What to do about a divergence. */
export interface Remedy {
  /**
   * How many checkpoints to go back, 1 being the last. At least 1. No checkpoint is gone back to twice in a row, as long as there
   * is one before it. @default {1}
   */
  readonly rollback?: number;
  /** Whether to go on with other random numbers. @default {true} */
  readonly newKey?: boolean;
  /** Whether to start the suspected chains of the buffer anew, or `"all"` of them. @default {true} */
  readonly quarantine?: boolean | "all";
  /** Multiplies the learning rate, from now on. Greater than 0. @default {1} */
  readonly learningRate?: number;
  /** Multiplies the number of sampler steps, from now on. Greater than 0. @default {1} */
  readonly steps?: number;
  /** The weight of the energy penalty is at least this, from now on. At least 0. @default {0} */
  readonly energyL2?: number;
}

/** A replay buffer, as far as quarantine needs it. */
export interface Quarantine {
  /** How many chains there are. */
  readonly size: number;
  /** Starts the chains in `slots` anew. */
  reinitialize(key: Key, slots: ArrayLike<number>): void;
}

/** How a run recovers from divergence: option `recovery` of `fit`. */
export interface RecoveryOptions {
  /** What to do at the first divergence, the second, and so on; the last is repeated. @default {defaultRemedies} */
  readonly remedies?: readonly Remedy[];
  /** How many divergences the run recovers from; the next is thrown. A positive integer. @default {8} */
  readonly retries?: number;
  /** The buffer whose suspected chains are started anew; it belongs in `state` as well. Borrowed. @default {no quarantine} */
  readonly buffer?: Quarantine;
}

/** The terms of an iteration, with its number as `iteration`. */
export type TermsRow = Readonly<Record<string, number>>;

/** A divergence that the run recovered from. Without times, so that equal runs give equal incidents. */
export interface Incident {
  /** Which incident of the run, from 1. */
  readonly number: number;
  /** How many more there may be. */
  readonly retriesLeft: number;
  /** What was found, and when. */
  readonly divergence: Divergence;
  /** The iterations before it, the oldest first. */
  readonly history: readonly TermsRow[];
  /** What was done. */
  readonly remedy: Remedy;
  /** The iteration that training goes on from. */
  readonly resumedFrom: number;
  /** The chains that were started anew. */
  readonly quarantined: readonly number[];
  /** What is in force from now on: the effect of this remedy and of those before. */
  readonly adjustments: Adjustments;
}

/**
 * What is done about the first, the second, the third and every further divergence, when nothing else is asked for: the last
 * checkpoint and other random numbers; further back and half the learning rate; more sampler steps as well; and an energy
 * penalty of 0.1 with all chains started anew. Each is a remedy that the authors of JEM or those who reproduced it name.
 *
 * @example Usage
 * ```ts
 * import { defaultRemedies } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * expect(defaultRemedies[0]).toEqual({ rollback: 1 });
 * expect(defaultRemedies.at(-1)!.energyL2).toBe(0.1);
 * ```
 *
 * @see {@link https://github.com/wgrathwohl/JEM/issues/4 | JEM, issue 4: divergence and its remedies}
 */
export const defaultRemedies: readonly Remedy[] = [
  { rollback: 1 },
  { rollback: 2, learningRate: 0.5 },
  { rollback: 2, learningRate: 0.5, steps: 2 },
  // A divergence that comes again although weights and rates are sound is in the chains: the old ones go back with a checkpoint.
  { rollback: 3, learningRate: 0.5, energyL2: 0.1, quarantine: "all" },
];
