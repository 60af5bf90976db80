import { checkPositive, termOf } from "./_window.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode samplesOutOfBounds}. */
export interface SamplesOutOfBoundsOptions {
  /** The largest magnitude of a sound sample. Greater than 0. @default {10} */
  readonly bound?: number;
}

/**
 * Finds samples far outside the data: `sampleMagnitude`, the largest `|x|` of the chains of an iteration, is beyond a bound.
 * JEM does not clip its chains, so that on data in `[-1, 1]` magnitudes of a few units are sound.
 *
 * @example Usage
 * ```ts
 * import { samplesOutOfBounds } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const found = await samplesOutOfBounds({ bound: 10 })({ iteration: 0, terms: { sampleMagnitude: 12 }, history: [] });
 * expect(found!.reason).toBe("a sample has the magnitude 12, beyond the bound of 10");
 * ```
 *
 * @param options The bound.
 * @returns The detector, for `fit`.
 * @throws {RangeError} From the detector, when the procedure does not report `sampleMagnitude`. When the bound is not above 0.
 */
export function samplesOutOfBounds(options: SamplesOutOfBoundsOptions = {}): Detector {
  const { bound = 10 } = options;
  checkPositive("detect samples out of bounds", "bound", bound);
  return (observation) => {
    const sampleMagnitude = termOf("detect samples out of bounds", observation, "sampleMagnitude");
    if (sampleMagnitude <= bound) return undefined;
    return { reason: `a sample has the magnitude ${sampleMagnitude}, beyond the bound of ${bound}` };
  };
}
