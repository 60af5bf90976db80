/** The learning rate of an iteration, counted from 0. */
export type Schedule = (iteration: number) => number;

/** Options of {@linkcode cosineDecay}. */
export interface CosineDecayOptions {
  /** The learning rate after the warm-up. Greater than 0. */
  readonly learningRate: number;
  /** How many iterations the run has. */
  readonly iterations: number;
  /** Iterations during which the rate rises linearly from 0. @default {0} */
  readonly warmUp?: number;
  /** The rate at the end, as a fraction of `learningRate`. @default {0} */
  readonly finalFraction?: number;
}

/**
 * A learning rate that rises linearly, then falls along half a cosine:
 * `rate (f + (1 - f) (1 + cos(pi t)) / 2)`, `t` from 0 to 1.
 *
 * @example Usage
 * ```ts
 * import { cosineDecay } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const rate = cosineDecay({ learningRate: 0.004, iterations: 1000 });
 * expect(rate(0)).toBe(0.004);
 * expect(rate(500)).toBeCloseTo(0.002, 6);
 * ```
 *
 * @param options The rate, the length of the run and of the warm-up.
 * @returns The schedule.
 * @throws {RangeError} When the rate is not above 0, `iterations` is not a positive integer, the warm-up is not an
 * integer from 0 to below `iterations`, or the final fraction is outside [0, 1].
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  const { learningRate, iterations, warmUp = 0, finalFraction = 0 } = options;
  const action = "create cosine decay";
  if (!(Number.isFinite(learningRate) && learningRate > 0)) {
    throw new RangeError(`Cannot ${action}: learningRate must be greater than 0 but found ${learningRate}`);
  }
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new RangeError(`Cannot ${action}: iterations must be a positive integer but found ${iterations}`);
  }
  if (!Number.isInteger(warmUp) || warmUp < 0 || warmUp >= iterations) {
    throw new RangeError(`Cannot ${action}: warmUp must be an integer from 0 to ${iterations - 1} but found ${warmUp}`);
  }
  if (!(finalFraction >= 0 && finalFraction <= 1)) {
    throw new RangeError(`Cannot ${action}: finalFraction must be from 0 to 1 but found ${finalFraction}`);
  }
  return (iteration) => {
    if (iteration < warmUp) return (learningRate * (iteration + 1)) / (warmUp + 1);
    const t = Math.min(1, (iteration - warmUp) / (iterations - warmUp));
    return learningRate * (finalFraction + ((1 - finalFraction) * (1 + Math.cos(Math.PI * t))) / 2);
  };
}
