import { checkBetween } from "./_check.ts";
import { curveMixture, openQuadrature } from "./_curve_mixture.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** Options of {@linkcode moons}. */
export interface MoonsOptions {
  /** The standard deviation of the noise, from 0.01 to 10. @default {0.1} */
  readonly noise?: number;
}

/**
 * Two interleaved half circles with Gaussian noise, each a class: `(cos t, sin t)` and `(1 - cos t, 1/2 - sin t)` with `t`
 * uniform on `[0, pi]`. The density is the integral over `t`, by Gauss–Legendre quadrature to float32.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { moons } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const density = moons();
 * const { x, labels } = density.sample(key(0), 200);
 * const joint = density.logJoint(x);
 * const best = joint.argMax(1);
 * const accuracy = best.equal(labels).mean();
 * expect((await accuracy.data())[0]).toBeGreaterThan(0.99);
 * tf.dispose([x, labels, joint, best, accuracy]);
 * ```
 *
 * @see {@link https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_moons.html | scikit-learn, make_moons}
 *
 * @param options The noise.
 * @returns A density on `[batch, 2]`. It holds no tensors.
 * @throws {RangeError} When `noise` is out of range.
 */
export function moons(options: MoonsOptions = {}): SmoothToyDensity {
  const { noise = 0.1 } = options;
  checkBetween("make moons", "noise", noise, 0.01, 10);
  return curveMixture({
    curves: [
      (t) => [Math.cos(Math.PI * t), Math.sin(Math.PI * t)],
      (t) => [1 - Math.cos(Math.PI * t), 0.5 - Math.sin(Math.PI * t)],
    ],
    quadrature: openQuadrature(Math.PI, noise),
    noise,
  });
}
