import { checkPercentile } from "./_check.ts";
import { type HostHead, headEnergies, headOf, readHead } from "./_linear_head.ts";
import { detectorOf } from "./_method.ts";
import { PENULTIMATE, penultimateOf, penultimateRows, percentile as percentileOf } from "./_penultimate.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode dice}. */
export interface DiceOptions {
  /** How many percent of the weights are set to 0, those that contribute least, from 0 to 100. @default {90} */
  readonly percentile?: number;
}

/**
 * Directed sparsification (DICE): the score is the energy `-logsumexp((W * M)' f + b)` of penultimate features `f`, with a mask
 * `M` that keeps the weights whose contributions `W_ik E[f_i]` are above a percentile of all.
 *
 * A fit takes one pass and keeps the mean of the features.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { dice } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
 * classifier.layers[0]!.setWeights([tf.tensor2d([[1, 2], [3, 4]]), tf.tensor1d([0, 0])]);
 * const detector = await dice({ percentile: 50 }).fit(classifier, { x: tf.tensor2d([[1, 1]]) });
 * const [score] = await detector.score(tf.tensor2d([[5, 1]])); // the weights 3 and 4 are left
 * expect(score).toBeCloseTo(-Math.log(Math.exp(3) + Math.exp(4)), 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2111.09805 | Sun and Li, DICE: leveraging sparsification for out-of-distribution detection}
 *
 * @param options The percentile.
 * @returns The detector, to be fitted on a classifier whose last layer is known; scores are `[batch]`.
 * @throws {RangeError} When `percentile` is not from 0 to 100.
 */
export function dice(options: DiceOptions = {}): Detector<false> {
  const { percentile = 90 } = options;
  checkPercentile("create dice", "percentile", percentile);
  return detectorOf<{ readonly mean: readonly number[] }, false>({
    name: "dice",
    tuned: false,
    options: { percentile },
    needs: () => PENULTIMATE,
    fit() {
      let sums = new Float64Array(0);
      let count = 0;
      return {
        rounds: [
          [
            {
              over: "inDistribution",
              visit(reading) {
                for (const f of penultimateRows(reading)) {
                  if (count === 0) sums = new Float64Array(f.length);
                  for (let i = 0; i < f.length; i++) sums[i]! += f[i]!;
                  count += 1;
                }
              },
            },
          ],
        ],
        finish: () => ({ mean: Array.from(sums, (sum) => sum / count) }),
      };
    },
    scorer({ mean }, classifier) {
      const linear = headOf(classifier);
      return async (reading) => {
        const head = masked(await readHead(linear), mean, percentile);
        return headEnergies(head, penultimateOf(reading), reading.size);
      };
    },
  });
}

/** The last layer without the weights that contribute least. */
function masked(head: HostHead, mean: readonly number[], percentile: number): HostHead {
  const contributions = head.kernel.map((weight, at) => weight * mean[Math.floor(at / head.classes)]!);
  const threshold = percentileOf(Float64Array.from(contributions).sort(), percentile);
  return { ...head, kernel: head.kernel.map((weight, at) => (contributions[at]! > threshold ? weight : 0)) };
}
