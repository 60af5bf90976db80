/** What a training run looked like when it was stopped. */
export interface Divergence {
  /** The iteration that was not applied, from 0. */
  readonly iteration: number;
  /** What was found, as a sentence. */
  readonly reason: string;
  /** The terms of that iteration, as far as they were computed. */
  readonly terms: Readonly<Record<string, number>>;
  /** The slots of the replay buffer that are suspected, if some are. */
  readonly slots?: readonly number[];
}

/**
 * Thrown by `fit` when training diverges. The weights are those of the last iteration that was sound.
 *
 * @example Usage
 * ```ts
 * import { DivergenceError } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const error = new DivergenceError({ iteration: 7, reason: "loss is NaN", terms: { loss: Number.NaN } });
 * expect(error.message).toBe("Training diverged at iteration 7: loss is NaN");
 * ```
 */
export class DivergenceError extends Error {
  override readonly name: string = "DivergenceError";
  /** What was found, and when. */
  readonly divergence: Divergence;

  /**
   * Makes the error.
   *
   * @param divergence What was found, and when.
   * @param options The error that revealed it, if one did.
   */
  constructor(divergence: Divergence, options?: ErrorOptions) {
    super(`Training diverged at iteration ${divergence.iteration}: ${divergence.reason}`, options);
    this.divergence = divergence;
  }
}
