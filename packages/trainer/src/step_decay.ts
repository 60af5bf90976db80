import type { Schedule } from "./learning_rate.ts";

/** Options of {@linkcode stepDecay}. */
export interface StepDecayOptions {
  /** The learning rate after the warm-up. Greater than 0. */
  readonly learningRate: number;
  /** The iterations at which it is multiplied by `factor`, ascending. */
  readonly boundaries: readonly number[];
  /** What it is multiplied by; above 0, at most 1. JEM's is 0.3. @default {0.3} */
  readonly factor?: number;
  /** Iterations during which the rate rises linearly from 0. JEM's is 1000. @default {0} */
  readonly warmUp?: number;
}

/**
 * A learning rate that rises linearly, then falls in steps, as in JEM: `rate factor^n` after `n` boundaries. A boundary
 * during the warm-up counts as well.
 *
 * @example Usage
 * ```ts
 * import { stepDecay } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const rate = stepDecay({ learningRate: 1e-4, boundaries: [35_000, 70_000], warmUp: 1000 });
 * expect(rate(499)).toBeCloseTo(0.5e-4, 6);
 * expect(rate(40_000)).toBeCloseTo(0.3e-4, 10);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM, appendix on training details}
 *
 * @param options The rate, the boundaries and the warm-up.
 * @returns The schedule.
 * @throws {RangeError} When the rate is not above 0, the factor is outside (0, 1], the boundaries are not ascending
 * positive integers, or the warm-up is not an integer of at least 0.
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  const { learningRate, boundaries, factor = 0.3, warmUp = 0 } = options;
  const action = "create step decay";
  if (!(Number.isFinite(learningRate) && learningRate > 0)) {
    throw new RangeError(`Cannot ${action}: learningRate must be greater than 0 but found ${learningRate}`);
  }
  if (!(factor > 0 && factor <= 1)) {
    throw new RangeError(`Cannot ${action}: factor must be above 0 and at most 1 but found ${factor}`);
  }
  if (!boundaries.every((boundary, i) => Number.isInteger(boundary) && boundary > (boundaries[i - 1] ?? 0))) {
    throw new RangeError(`Cannot ${action}: boundaries must be ascending positive integers but found [${boundaries}]`);
  }
  if (!Number.isInteger(warmUp) || warmUp < 0) {
    throw new RangeError(`Cannot ${action}: warmUp must be an integer of at least 0 but found ${warmUp}`);
  }
  return (iteration) => {
    const rise = Math.min(1, (iteration + 1) / (warmUp + 1));
    return learningRate * rise * factor ** boundaries.filter((boundary) => boundary <= iteration).length;
  };
}
