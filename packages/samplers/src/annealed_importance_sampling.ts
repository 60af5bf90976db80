import { type Key, split } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { anneal, checkedBetas, logMeanExp } from "./_annealing.ts";
import { checkInteger } from "./_check.ts";
import type { AnnealingPath } from "./annealing_path.ts";

/** Options of both directions of annealed importance sampling. */
export interface AnnealingOptions {
  /** The key of the chains. */
  readonly key: Key;
  /** The betas, from 0 to 1 and rising, or how many of equal distance; at least 2. The more the better. @default {100} */
  readonly temperatures?: number | readonly number[];
  /** How many steps of its kernel the chains make at each. At least 1. @default {1} */
  readonly transitions?: number;
  /** Ends it after the current temperature, with an error: an `AbortSignal`. @default {undefined} */
  readonly signal?: { readonly aborted: boolean };
}

/** Options of {@linkcode annealedImportanceSampling}. */
export interface AnnealedImportanceOptions extends AnnealingOptions {
  /** How many chains. At least 1. @default {256} */
  readonly chains?: number;
}

/** An estimate of a normaliser. */
export interface AnnealedEstimate {
  /** The estimate of `log Z`, in nats. */
  readonly logNormalizer: number;
  /** Its standard error, of the chains that there were: it does not know of modes that none has found. */
  readonly standardError: number;
  /** How many chains of equal weight these are worth, from 1 to their number. Near 1 nothing can be trusted. */
  readonly effectiveSampleSize: number;
  /** The logarithms of the weights, one a chain; their mean estimates `Z`. */
  readonly logWeights: Float64Array;
  /** Where the chains ended, `[chains, ...input]`, owned by the caller. Weighted, they are samples of the model. */
  readonly x: Tensor;
}

/**
 * Annealed importance sampling: estimates the normaliser of a model by chains that are led to it from a density that is known.
 *
 * `log Z ~ log Z_0 + log mean_i w_i`, `log w = sum_k f_k(x_(k-1)) - f_(k-1)(x_(k-1))`, `x_k` from `x_(k-1)` by a kernel that leaves
 * `exp(f_k)` invariant. `w` is unbiased for `Z / Z_0`, so that the estimate is below `log Z` on average, the less the more
 * temperatures there are; {@linkcode reverseAnnealedImportanceSampling} is above it.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key, normal } from "@jem-js/random";
 * import { annealedImportanceSampling, geometricPath, mala } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const gaussian = (precision: number) => ({
 *   logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -precision / 2),
 *   score: (x: tf.Tensor) => tf.mul(x, -precision),
 * });
 * const base = {
 *   ...gaussian(0.25),
 *   sample: (k: ReturnType<typeof key>, count: number) => tf.mul(normal(k, [count, 2]), 2),
 *   logNormalizer: Math.log(2 * Math.PI * 4),
 * };
 * const path = geometricPath(base, gaussian(1), { kernel: (bridge) => mala(bridge, { stepSize: 0.3 }) });
 * const { logNormalizer, x } = await annealedImportanceSampling(path, { key: key(0), temperatures: 40 });
 * expect(Math.abs(logNormalizer - Math.log(2 * Math.PI))).toBeLessThan(0.15);
 * x.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/physics/9803008 | Neal, Annealed importance sampling}
 * @see {@link https://www.cs.toronto.edu/~rsalakhu/papers/dbn_ais.pdf | Salakhutdinov and Murray, On the quantitative analysis of deep belief networks}
 *
 * @param path The densities and their kernels; borrowed.
 * @param options The chains and the temperatures.
 * @returns The estimate.
 * @throws {RangeError} When a count is out of range or the temperatures do not rise from 0 to 1.
 * @throws {Error} When the signal was aborted.
 */
export async function annealedImportanceSampling(
  path: AnnealingPath,
  options: AnnealedImportanceOptions,
): Promise<AnnealedEstimate> {
  const action = "sample with annealed importance";
  const { key, chains = 256 } = options;
  checkInteger(action, "chains", chains, 1);
  const betas = checkedBetas(action, options);
  const [startKey, chainKey] = split(key) as [Key, Key];
  const start = path.sample(startKey, chains);
  try {
    const { logWeights, x } = await anneal(path, start, betas, { ...options, key: chainKey, isReverse: false });
    const total = Float64Array.from(logWeights, (weight) => path.logNormalizer + weight);
    return { ...logMeanExp(total), logWeights: total, x };
  } finally {
    start.dispose();
  }
}
