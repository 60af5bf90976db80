import { checkPositive } from "./_check.ts";
import { logitDetector, logSumExp, scaled } from "./_logits.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode energy}. */
export interface EnergyOptions {
  /** The temperature, above 0. @default {1} */
  readonly temperature?: number;
}

/**
 * The free energy: the score is `-T logsumexp_k(z_k / T)` of logits `z`.
 *
 * At temperature 1 it is minus JEM's log-density, up to a constant: see `logDensity`. Nothing is fitted: `fit(classifier)`
 * keeps the classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energy } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await energy({ temperature: 2 }).fit((x) => x as tf.Tensor2D);
 * const [score] = await detector.score(tf.tensor2d([[0, 0]]));
 * expect(score).toBeCloseTo(-2 * Math.log(2));
 * ```
 *
 * @see {@link https://arxiv.org/abs/2010.03759 | Liu et al., Energy-based out-of-distribution detection}
 *
 * @param options The temperature.
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`.
 * @throws {RangeError} When `temperature` is not finite and above 0.
 */
export function energy(options: EnergyOptions = {}): Detector<false> {
  const { temperature = 1 } = options;
  checkPositive("create energy", "temperature", temperature);
  return logitDetector("energy", { temperature }, (z) => -temperature * logSumExp(scaled(z, temperature)));
}
