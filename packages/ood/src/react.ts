import { checkPercentile } from "./_check.ts";
import { applyHead, headOf, readHead } from "./_linear_head.ts";
import { logSumExp } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import { PENULTIMATE, penultimateRows, percentile as percentileOf } from "./_penultimate.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode react}. */
export interface ReactOptions {
  /** The percentile of all activations at which they are cut off, from 0 to 100. @default {90} */
  readonly percentile?: number;
}

/**
 * Rectified activations (ReAct): the score is the energy `-logsumexp(W' min(f, c) + b)` of penultimate features `f`.
 *
 * What is out of distribution often has a few very large activations; `c`, a percentile of all activations in distribution,
 * cuts them off. A fit takes one pass, holds all activations in memory for it, and keeps one number.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { react } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2], kernelInitializer: "identity" })] });
 * const detector = await react({ percentile: 100 }).fit(model, { x: tf.tensor2d([[1, 0], [0, 2]]) });
 * const [score] = await detector.score(tf.tensor2d([[9, 0]])); // that of [2, 0]
 * expect(score).toBeCloseTo(-Math.log(Math.exp(2) + 1), 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2111.12797 | Sun et al., ReAct: out-of-distribution detection with rectified activations}
 *
 * @param options The percentile.
 * @returns The detector, to be fitted on a classifier whose last layer is known; scores are `[batch]`.
 * @throws {RangeError} When `percentile` is not from 0 to 100.
 */
export function react(options: ReactOptions = {}): Detector<false> {
  const { percentile = 90 } = options;
  checkPercentile("create react", "percentile", percentile);
  return detectorOf<{ readonly cutoff: number }, false>({
    name: "react",
    tuned: false,
    options: { percentile },
    needs: () => PENULTIMATE,
    fit() {
      const parts: Float32Array[] = [];
      return {
        rounds: [
          [{ over: "inDistribution", visit: ({ pooled }) => void parts.push(pooled.get("penultimate")!.data.slice()) }],
        ],
        finish() {
          const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
          let at = 0;
          for (const part of parts) {
            all.set(part, at);
            at += part.length;
          }
          return { cutoff: percentileOf(all.sort(), percentile) };
        },
      };
    },
    scorer({ cutoff }, classifier) {
      const linear = headOf(classifier);
      return async (reading) => {
        const head = await readHead(linear);
        return Float64Array.from(penultimateRows(reading), (f) => {
          const cut = new Float64Array(f);
          for (let i = 0; i < cut.length; i++) cut[i] = Math.min(cut[i]!, cutoff);
          return -logSumExp(applyHead(head, cut));
        });
      };
    },
  });
}
