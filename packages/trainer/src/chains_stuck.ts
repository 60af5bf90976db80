import { checkPositive, checkWindow, windowMean } from "./_window.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode chainsStuck}. */
export interface ChainsStuckOptions {
  /** The least `chainDistance` that is sound, on average over the window. Greater than 0. @default {1e-4} */
  readonly distance?: number;
  /** How many iterations are averaged; from 1 to 100. @default {20} */
  readonly window?: number;
}

/**
 * Finds chains that do not move: the mean of `chainDistance`, the root mean square of what the chains of an iteration moved
 * an element, is below a limit over a window. Stuck chains are negatives that the energy can push up without bound.
 *
 * @example Usage
 * ```ts
 * import { chainsStuck } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const detect = chainsStuck({ distance: 0.01, window: 1 });
 * expect(await detect({ iteration: 0, terms: { chainDistance: 0.05 }, history: [] })).toBeUndefined();
 * const found = await detect({ iteration: 0, terms: { chainDistance: 0 }, history: [] });
 * expect(found!.reason).toBe("chainDistance is 0 on average over 1 iterations, below the limit of 0.01");
 * ```
 *
 * @param options The limit and the window.
 * @returns The detector, for `fit`.
 * @throws {RangeError} From the detector, when the procedure does not report `chainDistance`. When the distance is not above 0 or the window is not an integer from 1 to 100.
 */
export function chainsStuck(options: ChainsStuckOptions = {}): Detector {
  const { distance = 1e-4, window = 20 } = options;
  checkPositive("detect chains stuck", "distance", distance);
  checkWindow("detect chains stuck", window);
  return (observation) => {
    const mean = windowMean("detect chains stuck", observation, "chainDistance", window);
    if (mean === undefined || mean >= distance) return undefined;
    return { reason: `chainDistance is ${mean} on average over ${window} iterations, below the limit of ${distance}` };
  };
}
