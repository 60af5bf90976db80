import { argmax, logSoftmax, perLogits, rowOf } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import type { Detector } from "./detector.ts";

/**
 * KL matching: the score is `min_k KL(p || d_k)` of the class probabilities `p`, with `d_k` the mean of those of examples that are
 * predicted to be of class `k`; `0 log 0 = 0`.
 *
 * Classes that are never predicted are left out, with a note. A fit takes one pass over `auxiliary.validation`, or over the
 * in-distribution examples where it is not given; it needs no labels.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { klMatching } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => x as tf.Tensor2D;
 * const detector = await klMatching().fit(classifier, { x: tf.tensor2d([[2, 0], [0, 1]]) });
 * const [same, other] = await detector.score(tf.tensor2d([[2, 0], [1, 1]]));
 * expect(same).toBeCloseTo(0);
 * expect(other).toBeGreaterThan(0.05);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1911.11132 | Hendrycks et al., Scaling out-of-distribution detection for real-world settings}
 *
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`, at least 0.
 */
export function klMatching(): Detector<false> {
  return detectorOf<{ readonly typical: readonly (readonly number[] | null)[] }, false>({
    name: "klMatching",
    tuned: false,
    options: {},
    needs: () => ({}),
    fit() {
      let sums: Float64Array[] = [];
      const counts: number[] = [];
      return {
        rounds: [
          [
            {
              over: "validation",
              visit({ logits, size, classes }) {
                if (sums.length === 0) sums = Array.from({ length: classes }, () => new Float64Array(classes));
                for (let i = 0; i < size; i++) {
                  const logs = logSoftmax(rowOf(logits, i, classes));
                  const predicted = argmax(logs);
                  counts[predicted] = (counts[predicted] ?? 0) + 1;
                  for (let k = 0; k < classes; k++) sums[predicted]![k]! += Math.exp(logs[k]!);
                }
              },
            },
          ],
        ],
        finish(note) {
          const missing = sums.filter((_, k) => !counts[k]).length;
          if (missing > 0) note(`${missing} of ${sums.length} classes are never predicted`);
          return { typical: sums.map((sum, k) => (counts[k] ? Array.from(sum, (value) => value / counts[k]!) : null)) };
        },
      };
    },
    scorer({ typical }) {
      const known = typical.filter((mean) => mean !== null).map((mean) => Float64Array.from(mean, Math.log));
      return perLogits((z) => {
        const logs = logSoftmax(z);
        const probabilities = logs.map(Math.exp);
        let least = Number.POSITIVE_INFINITY;
        for (const mean of known) least = Math.min(least, divergence(probabilities, logs, mean));
        return Math.max(0, least);
      });
    },
  });
}

function divergence(probabilities: Float64Array, logs: Float64Array, mean: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < logs.length; k++) {
    if (probabilities[k]! > 0) sum += probabilities[k]! * (logs[k]! - mean[k]!);
  }
  return sum;
}
