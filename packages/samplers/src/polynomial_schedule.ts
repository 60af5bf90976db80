import { checkNotNegative, checkPositive } from "./_check.ts";

/** Options of {@linkcode polynomialSchedule}. */
export interface PolynomialScheduleOptions {
  /** The value of step 0. Greater than 0. */
  readonly from: number;
  /** The exponent; the bias of Langevin dynamics vanishes when it is above 1/2 and at most 1. @default {0.55} */
  readonly decay?: number;
  /** After how many steps the decay sets in. Greater than 0. @default {1} */
  readonly delay?: number;
}

/**
 * A schedule that decays like a power: `from (1 + step / delay)^-decay`, the step sizes of stochastic gradient Langevin
 * dynamics in theory.
 *
 * @example Usage
 * ```ts
 * import { polynomialSchedule } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const eta = polynomialSchedule({ from: 0.1, decay: 1, delay: 10 });
 * expect(eta(0)).toBe(0.1);
 * expect(eta(10)).toBe(0.05);
 * ```
 *
 * @see {@link https://www.stats.ox.ac.uk/~teh/research/compstats/WelTeh2011a.pdf | Welling and Teh, Bayesian learning via stochastic gradient Langevin dynamics}
 *
 * @param options The start and the decay.
 * @returns The value of each step.
 * @throws {RangeError} When `from` or `delay` is not above 0 or `decay` is negative.
 */
export function polynomialSchedule(options: PolynomialScheduleOptions): (step: number) => number {
  const { from, decay = 0.55, delay = 1 } = options;
  checkPositive("create polynomial schedule", "from", from);
  checkNotNegative("create polynomial schedule", "decay", decay);
  checkPositive("create polynomial schedule", "delay", delay);
  return (step) => from * (1 + step / delay) ** -decay;
}
