import { checkPositive } from "./_check.ts";
import { gaussianMixture } from "./gaussian_mixture.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** Options of {@linkcode eightGaussians}. */
export interface EightGaussiansOptions {
  /** The distance of the means from the origin, greater than 0. @default {2 Math.SQRT2} */
  readonly radius?: number;
  /** The standard deviation of each Gaussian, greater than 0. @default {Math.SQRT1_2 / 2} */
  readonly scale?: number;
}

/**
 * Eight Gaussians of equal weight on a circle, each a class: whether a sampler finds every mode. The mean of class `k` is
 * `radius (cos(k pi / 4), sin(k pi / 4))`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { eightGaussians } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const { x, labels } = eightGaussians().sample(key(0), 100);
 * expect(x.shape).toEqual([100, 2]);
 * tf.dispose([x, labels]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1810.01367 | Grathwohl et al., FFJORD}, figure 2
 *
 * @param options The circle.
 * @returns A density on `[batch, 2]`. It holds no tensors.
 * @throws {RangeError} When an option is not positive.
 */
export function eightGaussians(options: EightGaussiansOptions = {}): SmoothToyDensity {
  const { radius = 2 * Math.SQRT2, scale = Math.SQRT1_2 / 2 } = options;
  checkPositive("make eight Gaussians", "radius", radius);
  checkPositive("make eight Gaussians", "scale", scale);
  const means = Array.from({ length: 8 }, (_, k) => [
    radius * Math.cos((k * Math.PI) / 4),
    radius * Math.sin((k * Math.PI) / 4),
  ]);
  return gaussianMixture({ means, scale });
}
