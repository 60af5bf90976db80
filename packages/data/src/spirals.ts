import { checkBetween, checkInteger, checkPositive } from "./_check.ts";
import { curveMixture, openQuadrature } from "./_curve_mixture.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** Options of {@linkcode spirals}. */
export interface SpiralsOptions {
  /** How many arms there are, each a class, from 1 to 16. @default {2} */
  readonly arms?: number;
  /** How many times an arm goes around the origin, greater than 0 and at most 4. @default {1.5} */
  readonly turns?: number;
  /** The distance of the end of an arm from the origin, greater than 0. @default {2} */
  readonly radius?: number;
  /** The standard deviation of the noise, from a hundredth of `radius` to ten times it. @default {0.1} */
  readonly noise?: number;
}

/**
 * Archimedean spirals with Gaussian noise, each arm a class: `radius t (cos a, sin a)` at
 * `a = 2 pi (turns t + y / arms)`, with `t` the square root of a uniform number, which spreads points evenly over an arm.
 *
 * The density is the integral over `t`, by Gauss–Legendre quadrature to float32. All arms begin at the origin, where nothing
 * can tell them apart.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { spirals } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const density = spirals({ arms: 3 });
 * expect(density.classes).toBe(3);
 * const { x, labels } = density.sample(key(0), 100);
 * expect(x.shape).toEqual([100, 2]);
 * tf.dispose([x, labels]);
 * ```
 *
 * @param options The arms.
 * @returns A density on `[batch, 2]`. It holds no tensors.
 * @throws {RangeError} When an option is out of range.
 */
export function spirals(options: SpiralsOptions = {}): SmoothToyDensity {
  const action = "make spirals";
  const { arms = 2, turns = 1.5, radius = 2, noise = 0.1 } = options;
  checkInteger(action, "arms", arms, 1, 16);
  checkPositive(action, "turns", turns);
  checkBetween(action, "turns", turns, 0, 4);
  checkPositive(action, "radius", radius);
  checkBetween(action, "noise", noise, radius / 100, radius * 10);
  return curveMixture({
    curves: Array.from({ length: arms }, (_, arm) => (t: number) => {
      const angle = 2 * Math.PI * (turns * t + arm / arms);
      return [radius * t * Math.cos(angle), radius * t * Math.sin(angle)] as const;
    }),
    spread: { t: Math.sqrt, density: (t) => 2 * t },
    // The longest that a unit of t can be.
    quadrature: openQuadrature(radius * Math.hypot(1, 2 * Math.PI * turns), noise),
    noise,
  });
}
