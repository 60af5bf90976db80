import { foldIn, type Key } from "@jem-js/random";
import { add, addN, div, mul, type Scalar, square, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkCount, checkNotEmpty } from "./_check.ts";
import { checkDistribution, probe } from "./_probe.ts";
import { derivativeAlong, lossOfScore, meanOfSums } from "./_score.ts";
import type { DataBatch, DensityModel } from "./model.ts";
import type { ScoreMatchingTerms } from "./score_matching.ts";
import type { SecondDerivativeOptions } from "./second_derivative_options.ts";

/** Options of {@linkcode slicedScoreMatching}. */
export interface SlicedScoreMatchingOptions extends SecondDerivativeOptions {
  /** The key of the directions. */
  readonly key: Key;
  /** How many directions each example is projected on. At least 1. @default {1} */
  readonly slices?: number;
  /** What the directions are: signs have less variance than normal numbers. @default {"rademacher"} */
  readonly distribution?: "rademacher" | "normal";
  /** Whether the norm of the score is exact (SSM-VR), not its projection. @default {true} */
  readonly varianceReduced?: boolean;
}

/**
 * Sliced score matching: score matching along random directions, in expectation equal to {@linkcode scoreMatching} at a
 * cost that does not grow with the dimension.
 *
 * `loss = mean(1/2 ||s(x)||^2 + v . H(x) v)` with `E v v^T = I` and `H` the Hessian of `log p`; without variance
 * reduction `1/2 (v . s(x))^2` takes the place of the first term.
 *
 * Use it for smooth densities of more than a dozen dimensions when noise must not blur the data; else
 * {@linkcode denoisingScoreMatching} is cheaper.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { slicedScoreMatching } from "@jem-js/objectives";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const gaussian = { logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5) as tf.Tensor1D };
 * const { trace } = slicedScoreMatching(gaussian, { x: tf.ones([4, 10]) }, { key: key(0), step: 0.1 });
 * expect((await trace.data())[0]).toBeCloseTo(-10, 2); // signs are exact for a Hessian that is diagonal
 * ```
 *
 * @see {@link https://arxiv.org/abs/1905.07088 | Song et al., Sliced score matching}
 * @see {@link https://arxiv.org/abs/2007.03317 | Pang et al., Efficient learning of generative models via finite-difference score matching}
 *
 * @param model The density, `[batch, ...input]` to `[batch]`; twice differentiable in its input.
 * @param batch Data, `x: [batch, ...input]`, borrowed.
 * @param options The key, the directions and how derivatives are computed.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When the batch is empty.
 * @throws {RangeError} When `slices` is not a positive integer, or `distribution`, `method` or `step` is none.
 */
export function slicedScoreMatching(
  model: DensityModel,
  batch: DataBatch,
  options: SlicedScoreMatchingOptions,
): ScoreMatchingTerms {
  const { x } = batch;
  const { key, slices = 1, distribution = "rademacher", varianceReduced = true, ...derivatives } = options;
  checkNotEmpty("x", x.shape[0]);
  checkCount("slices", slices);
  checkDistribution(distribution);
  return tidy(() => {
    const directions = Array.from({ length: slices }, (_, i) => probe(foldIn(key, i), x.shape, distribution));
    const half = (t: Tensor): Scalar => mul(meanOfSums(square(t)), 0.5);
    const average = (term: (v: Tensor) => Scalar): Scalar => div(addN(directions.map(term)), slices);
    const norm = varianceReduced
      ? lossOfScore(model, x, half, derivatives)
      : average((v) => half(derivativeAlong(1, model, x, v, derivatives)));
    const trace = average((v) => meanOfSums(derivativeAlong(2, model, x, v, derivatives)));
    return { loss: add(norm, trace), norm, trace };
  });
}
