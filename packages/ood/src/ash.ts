import { checkChoice } from "./_check.ts";
import { applyHead, headOf, readHead } from "./_linear_head.ts";
import { logSumExp, type Row } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import { PENULTIMATE, penultimateRows } from "./_penultimate.ts";
import { kthSmallest } from "./_sums.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode ash}. */
export interface AshOptions {
  /**
   * What becomes of the activations that are left: `"scale"` multiplies them by `exp(s1 / s2)` with the sums of activations
   * before and after, `"binarize"` makes them all `s1 / count`, `"prune"` leaves them. @default {"scale"}
   */
  readonly method?: "scale" | "binarize" | "prune";
  /** How many percent of the activations are set to 0, the smallest, from 0 and below 100. @default {90} */
  readonly percentile?: number;
}

/**
 * Activation shaping (ASH): the score is the energy `-logsumexp(W' s(f) + b)` of penultimate features `f`, of which `s` keeps
 * the largest few of each example.
 *
 * Made for features that are not negative. Where the features that are kept sum to 0, `"scale"` leaves them as they are.
 * Nothing is fitted: `fit(classifier)` keeps the classifier.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { ash } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2], kernelInitializer: "identity" })] });
 * const detector = await ash({ method: "binarize", percentile: 50 }).fit(model);
 * const [score] = await detector.score(tf.tensor2d([[3, 1]])); // that of [4, 0]
 * expect(score).toBeCloseTo(-Math.log(Math.exp(4) + 1), 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2209.09858 | Djurisic et al., Extremely simple activation shaping for out-of-distribution detection}
 *
 * @param options The method and the percentile.
 * @returns The detector, to be fitted on a classifier whose last layer is known; scores are `[batch]`.
 * @throws {TypeError} When `method` is unknown.
 * @throws {RangeError} When `percentile` is not from 0 and below 100.
 */
export function ash(options: AshOptions = {}): Detector<false> {
  const { method = "scale", percentile = 90 } = options;
  checkChoice("create ash", "method", method, ["scale", "binarize", "prune"]);
  if (!(percentile >= 0 && percentile < 100)) {
    throw new RangeError(`Cannot create ash: percentile must be from 0 and below 100 but found ${percentile}`);
  }
  return detectorOf({
    name: "ash",
    tuned: false,
    options: { method, percentile },
    needs: () => PENULTIMATE,
    scorer(_, classifier) {
      const linear = headOf(classifier);
      return async (reading) => {
        const head = await readHead(linear);
        const rows = penultimateRows(reading);
        return Float64Array.from(rows, (f) => -logSumExp(applyHead(head, shape(f, method, percentile))));
      };
    },
  });
}

/** The features that are kept, as the method makes them, and zeros. */
function shape(f: Row, method: NonNullable<AshOptions["method"]>, percentile: number): Float64Array {
  const kept = Math.max(1, f.length - Math.round((f.length * percentile) / 100));
  const least = kthSmallest(new Float64Array(f), f.length - kept + 1);
  let sum = 0;
  let equals = kept;
  for (let i = 0; i < f.length; i++) {
    sum += f[i]!;
    if (f[i]! > least) equals -= 1;
  }
  const shaped = new Float64Array(f.length);
  let rest = 0;
  for (let i = 0; i < f.length; i++) {
    // Of what is equal to the least that is kept, the first ones are.
    if (f[i]! < least || (f[i] === least && equals-- <= 0)) continue;
    shaped[i] = method === "binarize" ? sum / kept : f[i]!;
    rest += f[i]!;
  }
  if (method !== "scale" || rest === 0) return shaped;
  const factor = Math.exp(sum / rest);
  for (let i = 0; i < shaped.length; i++) shaped[i]! *= factor;
  return shaped;
}
