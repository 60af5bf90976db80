import { argMax, cast, div, logSumExp, mul, oneHot, sub, sum, tidy } from "@tensorflow/tfjs-core";
import { checkNonNegative, checkPositive } from "./_check.ts";
import { checkStd, inputGradient, perturb } from "./_input_gradient.ts";
import { argmax, perLogits, scaled, softmax } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import type { Objective } from "./_objectives.ts";
import { read } from "./_reading.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode odin}. */
export interface OdinOptions {
  /** The temperature, above 0. @default {1000} */
  readonly temperature?: number;
  /** The length of the step for each element, at least 0, in the units of the input; 0 takes none. @default {0.0014} */
  readonly epsilon?: number;
  /** What `epsilon` is divided by for each channel: the deviations that inputs were standardised with. @default {1 for all} */
  readonly std?: readonly number[];
}

/**
 * ODIN: the score is `-max_k softmax(z(x') / T)_k` at `x' = x - epsilon sign(d CE(z / T, argmax z) / dx)`.
 *
 * The step raises the probability of the predicted class, by more for typical inputs than for others. The sign of 0 is 0.
 * Nothing is fitted: `fit(classifier)` keeps the classifier; the original chooses `epsilon` on out-of-distribution examples,
 * which figures should then say. One gradient and one more pass for each input.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { maxProbability, odin } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => x as tf.Tensor2D;
 * const x = tf.tensor2d([[1, 0]]); // the step leads to [1.25, -0.25]
 * const [score] = await (await odin({ temperature: 1, epsilon: 0.25 }).fit(classifier)).score(x);
 * expect(score).toBeCloseTo(-1 / (1 + Math.exp(-1.5)));
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.02690 | Liang et al., Enhancing the reliability of out-of-distribution image detection in neural networks}
 *
 * @param options The temperature and the step.
 * @returns The detector, to be fitted on a classifier with gradients; scores are `[batch]`.
 * @throws {RangeError} When `temperature` is not finite and above 0, `epsilon` negative, or a number of `std` not above 0.
 */
export function odin(options: OdinOptions = {}): Detector<false> {
  const { temperature = 1000, epsilon = 0.0014, std } = options;
  checkPositive("create odin", "temperature", temperature);
  checkNonNegative("create odin", "epsilon", epsilon);
  checkStd("create odin", std);
  const score = perLogits((z) => {
    const probabilities = softmax(scaled(z, temperature));
    return -probabilities[argmax(probabilities)]!;
  });
  const action = "score by odin";
  const objective: Objective = {
    name: `crossEntropy/${temperature}`,
    features: [],
    of({ logits }) {
      const z = div(logits, temperature);
      const predicted = cast(oneHot(argMax(logits, 1), logits.shape[1]), "float32");
      return sub(logSumExp(z, 1), sum(mul(z, predicted), 1));
    },
  };
  return detectorOf({
    name: "odin",
    tuned: false,
    options: { temperature, epsilon, ...(std && { std: [...std] }) },
    needs: () => (epsilon === 0 ? {} : { objectives: [objective] }),
    scorer: (_, classifier) => async (reading) => {
      if (epsilon === 0) return score(reading);
      const moved = tidy(() =>
        perturb(action, reading.x, inputGradient(action, classifier, reading, objective), { epsilon, std }),
      );
      try {
        return score(await read(action, classifier, moved, {}));
      } finally {
        moved.dispose();
      }
    },
  });
}
