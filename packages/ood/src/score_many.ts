import type { Tensor } from "@tensorflow/tfjs-core";
import { internalsOf, scoreAll } from "./_method.ts";
import type { Detector } from "./detector.ts";

/**
 * Scores inputs by several detectors: the classifier runs once for what they share. Gradients are a detector's own.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energy, fitMany, maxLogit, scoreMany } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detectors = [energy(), maxLogit()] as const;
 * await fitMany(detectors, (x) => x as tf.Tensor2D);
 * const [energies, logits] = await scoreMany(detectors, tf.tensor2d([[3, 1], [2, 2]]));
 * expect(energies[1]).toBeCloseTo(-2 - Math.log(2));
 * expect([...logits]).toEqual([-3, -2]);
 * ```
 *
 * @param detectors Detectors that were fitted together, or on one open classifier.
 * @param x The inputs, float32 `[batch, ...input]`; borrowed.
 * @returns For each detector its scores, `[batch]`, larger for more anomalous inputs.
 * @throws {TypeError} When a detector was not fitted, they were fitted on different classifiers, or `x` is not float32
 * `[batch, ...input]`.
 * @throws {RangeError} When there is no example, or what the classifier returns is not finite.
 */
export async function scoreMany<D extends readonly Detector[]>(
  detectors: D,
  x: Tensor,
): Promise<{ [I in keyof D]: Float64Array }> {
  const scores = await scoreAll(
    detectors.map((detector) => internalsOf("score by detectors", detector)),
    x,
  );
  return scores as { [I in keyof D]: Float64Array };
}
