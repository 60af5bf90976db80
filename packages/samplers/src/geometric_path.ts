import type { Key } from "@jem-js/random";
import { add, mul, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { AnnealingPath } from "./annealing_path.ts";
import type { DensityModel, Kernel } from "./kernel.ts";

/** A density that is known: `gaussianNoise` of `@jem-js/objectives` with its score is one. */
export interface KnownDensity extends DensityModel {
  /** `count` independent samples, `[count, ...input]`, owned by the caller. */
  sample(key: Key, count: number): Tensor;
  /** What `exp(logDensity)` integrates to, as a logarithm. @default {0} */
  readonly logNormalizer?: number;
}

/** Options of {@linkcode geometricPath}. */
export interface GeometricPathOptions {
  /**
   * Makes the kernel of a density on the path, one with an accept step, such as
   * `(bridge) => hmc(bridge, { stepSize: 0.2, leapfrogSteps: 5 })`.
   */
  readonly kernel: (bridge: DensityModel, beta: number) => Kernel;
}

/**
 * The geometric path from a known density to a model: `f_beta = (1 - beta) f_0 + beta f`. The known one should cover what the
 * model likes: where it has no mass, nothing on the path will get.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key, normal } from "@jem-js/random";
 * import { geometricPath, mala } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const gaussian = (precision: number) => ({
 *   logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -precision / 2),
 *   score: (x: tf.Tensor) => tf.mul(x, -precision),
 * });
 * const base = {
 *   ...gaussian(1),
 *   sample: (k: ReturnType<typeof key>, count: number) => normal(k, [count, 2]),
 *   logNormalizer: Math.log(2 * Math.PI),
 * };
 * const path = geometricPath(base, gaussian(4), { kernel: (bridge) => mala(bridge, { stepSize: 0.2 }) });
 * expect([...(await path.logRatio(tf.ones([1, 2]), 0, 0.5).data())]).toEqual([-1.5]); // half of -4 + 1
 * ```
 *
 * @param base The density at 0; borrowed.
 * @param target The density at 1, up to its normaliser: an energy head is one. Borrowed.
 * @param options The kernels.
 * @returns The path.
 */
export function geometricPath(base: KnownDensity, target: DensityModel, options: GeometricPathOptions): AnnealingPath {
  const between = (from: Tensor, to: Tensor, beta: number): Tensor => add(mul(from, 1 - beta), mul(to, beta));
  return {
    logNormalizer: base.logNormalizer ?? 0,
    sample: base.sample,
    // The difference first: both may be large.
    logRatio: (x, from, to) => tidy(() => mul(sub(target.logDensity(x), base.logDensity(x)), to - from)),
    kernel: (beta) => {
      const bridge: DensityModel = {
        logDensity: (x) => tidy(() => between(base.logDensity(x), target.logDensity(x), beta)),
        score: (x) => tidy(() => between(base.score(x), target.score(x), beta)),
      };
      return options.kernel(bridge, beta);
    },
  };
}
