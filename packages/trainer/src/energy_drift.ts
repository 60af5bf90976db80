import { checkPositive, checkWindow, windowMean } from "./_window.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode energyDrift}. */
export interface EnergyDriftOptions {
  /** The largest `|energyGap|` that is sound, on average over the window. Greater than 0. @default {50} */
  readonly limit?: number;
  /** How many iterations are averaged; from 1 to 100. @default {10} */
  readonly window?: number;
}

/**
 * Finds that the energies of data and samples drift apart: the mean of `energyGap` over a window is beyond a limit. A sound
 * gap swings around 0, or around the bound that an energy penalty sets.
 *
 * @example Usage
 * ```ts
 * import { energyDrift } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const detect = energyDrift({ limit: 50, window: 2 });
 * const found = await detect({ iteration: 1, terms: { energyGap: 90 }, history: [{ iteration: 0, energyGap: 20 }] });
 * expect(found!.reason).toBe("energyGap is 55 on average over 2 iterations, beyond the limit of 50");
 * ```
 *
 * @param options The limit and the window.
 * @returns The detector, for `fit`.
 * @throws {RangeError} From the detector, when the procedure does not report `energyGap`. When the limit is not above 0 or the window is not an integer from 1 to 100.
 */
export function energyDrift(options: EnergyDriftOptions = {}): Detector {
  const { limit = 50, window = 10 } = options;
  checkPositive("detect energy drift", "limit", limit);
  checkWindow("detect energy drift", window);
  return (observation) => {
    const mean = windowMean("detect energy drift", observation, "energyGap", window);
    if (mean === undefined || Math.abs(mean) <= limit) return undefined;
    return { reason: `energyGap is ${mean} on average over ${window} iterations, beyond the limit of ${limit}` };
  };
}
