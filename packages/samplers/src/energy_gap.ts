import { checkFinite } from "./_check.ts";
import { meanOf, varianceOf } from "./_read_chains.ts";

/** What {@linkcode energyGap} returns. */
export interface EnergyGap {
  /** The gap. */
  readonly gap: number;
  /** Its standard error, the energies taken as independent; NaN for a single energy. */
  readonly standardError: number;
}

/**
 * The gap between the mean energies of samples and data, `mean E(x-) - mean E(x+)`. While an energy-based model trains
 * well it swings about 0; a gap that grows steadily tells that the chains no longer follow.
 *
 * @example Usage
 * ```ts
 * import { energyGap } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * expect(energyGap([1, 3], [2, 6]).gap).toBe(-2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.12370 | Nijkamp et al., On the anatomy of MCMC-based maximum likelihood learning of energy-based models}
 *
 * @param samples The energies of samples.
 * @param data The energies of data.
 * @returns The gap and its standard error.
 * @throws {RangeError} When there are none or one is not finite.
 */
export function energyGap(samples: ArrayLike<number>, data: ArrayLike<number>): EnergyGap {
  for (const [name, energies] of [
    ["samples", samples],
    ["data", data],
  ] as const) {
    if (energies.length === 0) throw new RangeError(`Cannot compute the energy gap: ${name} must not be empty`);
    checkFinite("compute the energy gap", name, energies, 1);
  }
  return {
    gap: meanOf(samples) - meanOf(data),
    standardError: Math.sqrt(varianceOf(samples) / samples.length + varianceOf(data) / data.length),
  };
}
