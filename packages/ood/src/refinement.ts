import { reshape, sqrt, square, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkChoice } from "./_check.ts";
import { inputGradient } from "./_input_gradient.ts";
import { logSumExp as logSumExpOf, rowOf } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import { LOG_DENSITY } from "./_objectives.ts";
import { type Reading, read } from "./_reading.ts";
import type { Detector } from "./detector.ts";
import type { OpenClassifier } from "./open_classifier.ts";

/** Options of {@linkcode refinement}. */
export interface RefinementOptions {
  /**
   * What is compared of an input `x` and what it is refined to, `x'`: `"logDensity"` is `log p(x') - log p(x)`, `"mass"` is
   * `||d log p(x) / dx|| - ||d log p(x') / dx'||`, `"distance"` is `||x - x'||`. @default {"logDensity"}
   */
  readonly by?: "logDensity" | "mass" | "distance";
}

const ACTION = "score by refinement";

/**
 * Refinement scores of a JEM: how far a few steps of its sampler, begun at an input, change it.
 *
 * Where the density is high there is little to gain; what is out of distribution is carried off. The sampler is yours: give it
 * the steps, the noise and, where it is random, the key, so that equal inputs are refined equally. Nothing is fitted:
 * `fit(classifier)` keeps the classifier. It cannot be made from JSON, since `refine` is a function.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { refinement } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => x as tf.Tensor2D;
 * const detector = await refinement((x) => tf.add(x, 1)).fit(classifier);
 * const [score] = await detector.score(tf.tensor2d([[0, 0]])); // log p rises from log 2 to 1 + log 2
 * expect(score).toBeCloseTo(1);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one}
 *
 * @param refine Makes refined inputs, `[batch, ...input]`, of inputs of the same shape, which it borrows; a new tensor.
 * @param options What is compared.
 * @returns The detector, to be fitted on a classifier with gradients for `"mass"`; scores are `[batch]`.
 * @throws {TypeError} When `refine` is no function or `by` is unknown; from `score`, when the refined inputs have another shape.
 */
export function refinement(refine: (x: Tensor) => Tensor, options: RefinementOptions = {}): Detector<false> {
  const { by = "logDensity" } = options;
  const action = "create refinement";
  if (typeof refine !== "function") {
    throw new TypeError(`Cannot ${action}: refine must be a function but found ${typeof refine}`);
  }
  checkChoice(action, "by", by, ["logDensity", "mass", "distance"]);
  return detectorOf({
    name: "refinement",
    tuned: false,
    options: { by },
    needs: () => (by === "mass" ? { objectives: [LOG_DENSITY] } : {}),
    scorer: (_, classifier) => async (reading) => {
      const refined = tidy(() => refine(reading.x).clone());
      try {
        checkShape(reading.x, refined);
        if (by === "logDensity") {
          const after = logDensities(await read(ACTION, classifier, refined, {}));
          return logDensities(reading).map((before, i) => after[i]! - before);
        }
        return await valuesOf(() =>
          by === "distance"
            ? norms(sub(reading.x, refined))
            : sub(norms(score(classifier, reading)), norms(score(classifier, { x: refined, gradients: new Map() }))),
        );
      } finally {
        refined.dispose();
      }
    },
  });
}

function checkShape(x: Tensor, refined: Tensor): void {
  if (x.shape.join() === refined.shape.join()) return;
  throw new TypeError(
    `Cannot ${ACTION}: refined inputs must be [${x.shape.join(", ")}] but found [${refined.shape.join(", ")}]`,
  );
}

function logDensities({ logits, size, classes }: Reading): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => logSumExpOf(rowOf(logits, i, classes)));
}

function score(classifier: OpenClassifier, reading: Pick<Reading, "x" | "gradients">): Tensor {
  return inputGradient(ACTION, classifier, reading, LOG_DENSITY);
}

/** The Euclidean norm of each example. */
function norms(x: Tensor): Tensor {
  return sqrt(sum(square(reshape(x, [x.shape[0]!, -1])), 1));
}

async function valuesOf(compute: () => Tensor): Promise<Float64Array> {
  const values = tidy(compute);
  try {
    return Float64Array.from(await values.data());
  } finally {
    values.dispose();
  }
}
