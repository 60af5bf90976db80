import { checkInteger, checkPositive } from "./_check.ts";

/** Options of {@linkcode geometricSchedule}. */
export interface GeometricScheduleOptions {
  /** The value of step 0. Greater than 0. */
  readonly from: number;
  /** The value of step `steps - 1` and all after it. Greater than 0. */
  readonly to: number;
  /** How many steps it takes. At least 2. */
  readonly steps: number;
}

/**
 * A schedule of constant ratio: `from (to / from)^(step / (steps - 1))`, then `to`. The usual way to lower a temperature
 * or a noise.
 *
 * @example Usage
 * ```ts
 * import { geometricSchedule } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const temperature = geometricSchedule({ from: 100, to: 1, steps: 3 });
 * expect([0, 1, 2, 3].map(temperature).map(Math.round)).toEqual([100, 10, 1, 1]);
 * ```
 *
 * @param options The ends and the length.
 * @returns The value of each step.
 * @throws {RangeError} When an end is not above 0 or `steps` is less than 2.
 */
export function geometricSchedule(options: GeometricScheduleOptions): (step: number) => number {
  const { from, to, steps } = options;
  checkPositive("create geometric schedule", "from", from);
  checkPositive("create geometric schedule", "to", to);
  checkInteger("create geometric schedule", "steps", steps, 2);
  return (step) => from * (to / from) ** (Math.min(step, steps - 1) / (steps - 1));
}
