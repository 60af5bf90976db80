import { checkInteger } from "./_check.ts";
import { autocovariance, centre, readChains } from "./_read_chains.ts";

/** Options of {@linkcode autocorrelation}. */
export interface AutocorrelationOptions {
  /** The largest lag, less than the number of draws. @default {the number of draws less 1} */
  readonly maxLag?: number;
}

/**
 * The autocorrelation of a chain or any trace (energies, gradient norms): `rho_t = c_t / c_0` with
 * `c_t = sum_i (x_i - mean) (x_{i+t} - mean) / n`.
 *
 * A constant chain has no variance to be divided by: all its values are NaN.
 *
 * @example Usage
 * ```ts
 * import { autocorrelation } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * expect([...autocorrelation([1, -1, 1, -1], { maxLag: 2 })]).toEqual([1, -0.75, 0.5]);
 * ```
 *
 * @param draws The values in order, at least 4, finite.
 * @param options The largest lag.
 * @returns The autocorrelation at lags 0 to `maxLag`.
 * @throws {RangeError} When there are fewer than 4 draws, one is not finite, or the lag is out of range.
 */
export function autocorrelation(draws: ArrayLike<number>, options: AutocorrelationOptions = {}): Float64Array {
  const action = "compute the autocorrelation";
  const chain = readChains(action, [draws])[0]!;
  const { maxLag = chain.length - 1 } = options;
  checkInteger(action, "maxLag", maxLag, 0);
  if (maxLag >= chain.length) {
    throw new RangeError(`Cannot ${action}: maxLag must be less than the ${chain.length} draws but found ${maxLag}`);
  }
  const centred = centre(chain);
  const variance = autocovariance(centred, 0);
  const constant = chain.every((value) => value === chain[0]);
  return Float64Array.from({ length: maxLag + 1 }, (_, lag) =>
    constant ? Number.NaN : autocovariance(centred, lag) / variance,
  );
}
