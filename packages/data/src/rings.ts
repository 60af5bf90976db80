import { checkBetween, checkPositive } from "./_check.ts";
import { closedQuadrature, curveMixture } from "./_curve_mixture.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** Options of {@linkcode rings}. */
export interface RingsOptions {
  /** The radius of each ring, greater than 0. @default {[1, 2, 3]} */
  readonly radii?: readonly number[];
  /** The standard deviation of the noise, from a thousandth of the largest radius to ten times it. @default {0.1} */
  readonly noise?: number;
}

/**
 * Concentric circles of equal weight with Gaussian noise, each a class: no linear function tells them apart. The density is
 * the integral over the angle, `exp(-(r^2 + R^2) / (2 noise^2)) I0(r R / noise^2) / (2 pi noise^2)` for a ring of radius `R`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { rings } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const { x, labels } = rings({ radii: [1, 5] }).sample(key(0), 10);
 * const distance = x.norm(2, 1);
 * const outer = [...(await distance.data())].map((r) => Number(r > 3));
 * expect(outer).toEqual([...(await labels.data())]);
 * tf.dispose([x, labels, distance]);
 * ```
 *
 * @param options The rings.
 * @returns A density on `[batch, 2]`. It holds no tensors.
 * @throws {TypeError} When there is no radius.
 * @throws {RangeError} When a radius is not positive or `noise` is out of range.
 */
export function rings(options: RingsOptions = {}): SmoothToyDensity {
  const action = "make rings";
  const { radii = [1, 2, 3], noise = 0.1 } = options;
  if (radii.length === 0) throw new TypeError(`Cannot ${action}: radii must have at least 1 entry but found 0`);
  for (const radius of radii) checkPositive(action, "radii", radius);
  const largest = Math.max(...radii);
  checkBetween(action, "noise", noise, largest / 1000, largest * 10);
  return curveMixture({
    curves: radii.map((radius) => (t) => [radius * Math.cos(2 * Math.PI * t), radius * Math.sin(2 * Math.PI * t)]),
    quadrature: closedQuadrature(2 * Math.PI * largest, noise),
    noise,
  });
}
