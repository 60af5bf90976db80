import { reshape, sqrt, square, sum, tidy } from "@tensorflow/tfjs-core";
import { inputGradient } from "./_input_gradient.ts";
import { detectorOf } from "./_method.ts";
import { LOG_DENSITY } from "./_objectives.ts";
import type { Detector } from "./detector.ts";

/**
 * JEM's approximate mass: the score is `||d logsumexp_k z_k / dx||_2`, over all elements of an input.
 *
 * In high dimensions a density may be large at a point around which there is little mass; where there is mass, the density is
 * nearly constant. The approximate mass itself, `-||d log p(x) / dx||`, is larger for more typical inputs. Nothing is fitted:
 * `fit(classifier)` keeps the classifier. One gradient for each input.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { approximateMass } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = await approximateMass().fit((x) => tf.mul(x, 2) as tf.Tensor2D);
 * const [score] = await detector.score(tf.tensor2d([[1, 1]])); // the gradient is 2 softmax([2, 2])
 * expect(score).toBeCloseTo(Math.SQRT2);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one, §5.3.3}
 *
 * @returns The detector, to be fitted on a classifier with gradients; scores are `[batch]`, at least 0.
 */
export function approximateMass(): Detector<false> {
  return detectorOf({
    name: "approximateMass",
    tuned: false,
    options: {},
    needs: () => ({ objectives: [LOG_DENSITY] }),
    scorer: (_, classifier) => async (reading) => {
      const norms = tidy(() => {
        const gradient = inputGradient("score by approximateMass", classifier, reading, LOG_DENSITY);
        return sqrt(sum(square(reshape(gradient, [reading.size, -1])), 1));
      });
      const values = new Float64Array(await norms.data());
      norms.dispose();
      return values;
    },
  });
}
