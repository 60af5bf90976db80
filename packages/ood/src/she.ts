import { argmax, type Row, rowOf } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import { PENULTIMATE, penultimateRows } from "./_penultimate.ts";
import type { Detector } from "./detector.ts";

/** What a fit keeps: a pattern for each class, and one for classes that had no examples. */
interface Patterns {
  readonly patterns: readonly (readonly number[] | null)[];
  readonly pooled: readonly number[];
}

/**
 * The simplified Hopfield energy (SHE): the score is `-f' S_k` of penultimate features `f`, with `S_k` the mean of those of
 * correctly classified examples of the predicted class `k`.
 *
 * For a class without a correctly classified example, the mean over all of them takes its place, with a note. A fit takes
 * labels, and one pass.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { she } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: x as tf.Tensor2D, features: { input: x } });
 * const detector = await she().fit(classifier, { x: tf.tensor2d([[4, 0], [2, 0], [1, 3]]), labels: [0, 0, 1] });
 * expect([...(await detector.score(tf.tensor2d([[5, 1], [0, 2]])))]).toEqual([-15, -6]);
 * ```
 *
 * @see {@link https://openreview.net/forum?id=KkazG4lgKL | Zhang et al., Out-of-distribution detection based on in-distribution data patterns memorization with modern Hopfield energy}
 *
 * @returns The detector, to be fitted on a classifier with features; scores are `[batch]`.
 */
export function she(): Detector<false> {
  return detectorOf<Patterns, false>({
    name: "she",
    tuned: false,
    options: {},
    needs: () => ({ ...PENULTIMATE, labels: true }),
    fit() {
      const sums: Float64Array[] = [];
      const counts: number[] = [];
      return {
        rounds: [
          [
            {
              over: "inDistribution",
              visit(reading) {
                const { logits, classes, labels } = reading;
                penultimateRows(reading).forEach((f, i) => {
                  for (let k = sums.length; k < classes; k++) {
                    sums.push(new Float64Array(f.length));
                    counts.push(0);
                  }
                  const predicted = argmax(rowOf(logits, i, classes));
                  if (predicted !== labels![i]) return;
                  counts[predicted]! += 1;
                  for (let j = 0; j < f.length; j++) sums[predicted]![j]! += f[j]!;
                });
              },
            },
          ],
        ],
        finish(note) {
          const correct = counts.reduce((total, count) => total + count, 0);
          if (correct === 0) {
            throw new RangeError("Cannot fit she: examples must be classified correctly but found none that is");
          }
          const missing = counts.filter((count) => count === 0).length;
          if (missing > 0) note(`${missing} of ${counts.length} classes have no correctly classified example`);
          const pooled = Array.from(sums[0]!, (_, j) => sums.reduce((total, sum) => total + sum[j]!, 0) / correct);
          return {
            patterns: sums.map((sum, k) => (counts[k] ? Array.from(sum, (value) => value / counts[k]!) : null)),
            pooled,
          };
        },
      };
    },
    scorer({ patterns, pooled }) {
      return (reading) =>
        Float64Array.from(penultimateRows(reading), (f, i) => {
          const pattern = patterns[argmax(rowOf(reading.logits, i, reading.classes))] ?? pooled;
          return -dot(f, pattern);
        });
    },
  });
}

function dot(a: Row, b: readonly number[]): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
