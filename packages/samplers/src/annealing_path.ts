import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Kernel } from "./kernel.ts";

/**
 * Densities that lead from one that is known, at `beta = 0`, to the one whose normaliser is wanted, at `beta = 1`:
 * {@linkcode geometricPath} for most, the `path` of a restricted Boltzmann machine of `@jem-js/models`, or your own.
 */
export interface AnnealingPath {
  /** The logarithm of the normaliser at 0; 0 where the density is normalised. */
  readonly logNormalizer: number;
  /** `count` independent samples at 0, `[count, ...input]`, owned by the caller. */
  sample(key: Key, count: number): Tensor;
  /** The unnormalised log-density at `to` less that at `from`, `[batch]`, owned by the caller. */
  logRatio(x: Tensor, from: number, to: number): Tensor;
  /** The kernel that leaves the density at `beta` invariant, exactly: with an accept step, or Gibbs. */
  kernel(beta: number): Kernel;
}
