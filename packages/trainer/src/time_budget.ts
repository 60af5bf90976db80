import { checkPositive } from "./_window.ts";
import type { StopCriterion } from "./stop_criterion.ts";

/** Options of {@linkcode timeBudget}. */
export interface TimeBudgetOptions {
  /** How long this call of `fit` may take, in minutes. Greater than 0. */
  readonly minutes: number;
}

/**
 * Ends a run after the iteration in which a time has passed, counted from the first one that it sees. What a run in minutes
 * computes depends on the machine; with checkpoints it can be continued.
 *
 * @example Usage
 * ```ts
 * import { timeBudget } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const stop = timeBudget({ minutes: 0.001 }); // 60 milliseconds
 * expect(stop({ type: "iteration", iteration: 0, terms: {}, milliseconds: 50 })).toBe(false);
 * expect(stop({ type: "iteration", iteration: 1, terms: {}, milliseconds: 50 })).toBe(true);
 * ```
 *
 * @param options The time.
 * @returns The criterion, for `fit`; for one run only.
 * @throws {RangeError} When `minutes` is not above 0.
 */
export function timeBudget(options: TimeBudgetOptions): StopCriterion {
  const { minutes } = options;
  checkPositive("set a time budget", "minutes", minutes);
  let spent = 0;
  return (event) => {
    if (event.type === "iteration") spent += event.milliseconds;
    return spent >= minutes * 60_000;
  };
}
