import { max, neg } from "@tensorflow/tfjs-core";
import { checkNonNegative } from "./_check.ts";
import { checkStd, inputGradient, perturb } from "./_input_gradient.ts";
import { argmax, rowOf } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import type { Objective } from "./_objectives.ts";
import { type Reading, read } from "./_reading.ts";
import type { Detector } from "./detector.ts";
import type { OpenClassifier } from "./open_classifier.ts";

/** Options of {@linkcode generalizedOdin}. */
export interface GeneralizedOdinOptions {
  /** The feature that is the numerator `h`, `[batch, classes]`. @default {"numerator"} */
  readonly feature?: string;
  /**
   * The lengths of the step that are tried, at least 0, in ascending order.
   * @default {[0, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08]}
   */
  readonly epsilons?: readonly number[];
  /** What a step is divided by for each channel: the deviations that inputs were standardised with. @default {1 for all} */
  readonly std?: readonly number[];
}

const ACTION = "score by generalizedOdin";

/**
 * Generalized ODIN: the score is `-max_i h_i(x')` of a decomposed confidence, at `x' = x + epsilon sign(d max_i h_i / dx)`.
 *
 * The length of the step is chosen by in-distribution examples alone: the one of `epsilons` for which the sum of `max_i h_i(x')`
 * over `auxiliary.validation`, or over the in-distribution examples where it is not given, is largest; of equals the first. The
 * sign of 0 is 0. The classifier must be trained with `decomposedConfidence` and give its numerator as a feature. A fit takes
 * one pass with a gradient and a forward pass for each length, and no labels.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { generalizedOdin } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: x as tf.Tensor2D, features: { numerator: tf.mul(x, 2) } });
 * const detector = await generalizedOdin({ epsilons: [0, 0.5] }).fit(classifier, { x: tf.tensor2d([[1, 0]]) });
 * const [score] = await detector.score(tf.tensor2d([[3, 0]])); // the step leads to [3.5, 0]
 * expect(score).toBeCloseTo(-7);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2002.11297 | Hsu et al., Generalized ODIN: detecting out-of-distribution image without learning from out-of-distribution data}
 *
 * @param options The feature and the steps.
 * @returns The detector, to be fitted on a classifier with gradients; scores are `[batch]`.
 * @throws {RangeError} When `epsilons` is empty or holds a negative number, or a number of `std` is not above 0.
 */
export function generalizedOdin(options: GeneralizedOdinOptions = {}): Detector<false> {
  const { feature = "numerator", epsilons = [0, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08], std } = options;
  const action = "create generalizedOdin";
  if (epsilons.length === 0) throw new RangeError(`Cannot ${action}: epsilons must have at least 1 number but found 0`);
  for (const epsilon of epsilons) checkNonNegative(action, "epsilons", epsilon);
  checkStd(action, std);
  const objective: Objective = {
    name: `numerator/${feature}`,
    features: [feature],
    of: ({ features }) => neg(max(features.get(feature)!, -1)),
  };

  /** The largest numerator of each example after a step of each length. */
  async function confidences(
    classifier: OpenClassifier,
    reading: Reading,
    lengths: readonly number[],
  ): Promise<Float64Array[]> {
    if (lengths.every((epsilon) => epsilon === 0)) return lengths.map(() => largest(reading));
    const gradient = inputGradient(ACTION, classifier, reading, objective);
    try {
      const found: Float64Array[] = [];
      for (const epsilon of lengths) {
        const moved = perturb(ACTION, reading.x, gradient, { epsilon, std });
        try {
          found.push(largest(await read(ACTION, classifier, moved, { pooled: [feature] })));
        } finally {
          moved.dispose();
        }
      }
      return found;
    } finally {
      gradient.dispose();
    }
  }

  function largest({ pooled, size }: Reading): Float64Array {
    const { data } = pooled.get(feature)!;
    const width = data.length / size;
    return Float64Array.from({ length: size }, (_, i) => {
      const row = rowOf(data, i, width);
      return row[argmax(row)]!;
    });
  }

  return detectorOf<{ readonly epsilon: number }, false>({
    name: "generalizedOdin",
    tuned: false,
    options: { feature, epsilons: [...epsilons], ...(std && { std: [...std] }) },
    needs: (state) => ({ pooled: [feature], objectives: state?.epsilon === 0 ? [] : [objective] }),
    fit(classifier) {
      const sums = new Float64Array(epsilons.length);
      return {
        rounds: [
          [
            {
              over: "validation",
              async visit(reading) {
                (await confidences(classifier, reading, epsilons)).forEach((values, i) => {
                  for (const value of values) sums[i]! += value;
                });
              },
            },
          ],
        ],
        finish: () => ({ epsilon: epsilons[argmax(sums)]! }),
      };
    },
    scorer:
      ({ epsilon }, classifier) =>
      async (reading) => {
        const [values] = await confidences(classifier, reading, [epsilon]);
        return values!.map((value) => -value);
      },
  });
}
