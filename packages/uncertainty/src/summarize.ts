import { add, clone, tidy } from "@tensorflow/tfjs-core";
import { checkTensor } from "./_check.ts";
import { summarizeCategorical } from "./_summarize_categorical.ts";
import { summarizeDirichlet } from "./_summarize_dirichlet.ts";
import type { GaussianPrediction, Prediction } from "./prediction.ts";
import type { Summary, SummaryOf } from "./summary.ts";

/**
 * Summarises a prediction: its mean, its uncertainty in all and in its two parts, and what else its kind has. The same for
 * vectors and for maps: whatever is between the samples and the classes stays as it is.
 *
 * For samples `q_t` of class probabilities with mean `p`: `total = H[p]`, `aleatoric = mean_t H[q_t]`, and `epistemic` is the mutual
 * information, their difference, as `mean_t KL(q_t || p)`. For a Dirichlet distribution of concentrations `alpha`, whose sum is
 * `alpha_0`: `p = alpha / alpha_0` and `epistemic = H[p] + sum_k p_k (psi(alpha_k + 1) - psi(alpha_0 + 1))`; its expected divergence of two
 * draws is `(K - 1) / alpha_0`. Probabilities below 1e-37 are taken for it inside logarithms.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { summarize } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const probabilities = tf.tensor3d([[[1, 0], [0.5, 0.5]], [[0, 1], [0.5, 0.5]]]); // two samples of two inputs
 * const { total, aleatoric, epistemic } = summarize({ kind: "categorical", probabilities });
 * const [disputed, ambiguous] = await epistemic.data();
 * expect(disputed).toBeCloseTo(Math.log(2)); // each sample is certain, of another class
 * expect(ambiguous).toBeCloseTo(0); // all samples say that it can be either
 * tf.dispose([probabilities, total, aleatoric, epistemic]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.10501 | Malinin and Gales, Predictive uncertainty estimation via prior networks, §3}
 *
 * @param prediction The prediction, borrowed: samples `[samples, ..., classes]`, concentrations `[..., classes]`, or moments
 * `[..., outputs]`.
 * @returns The summary, of tensors `[...]` but for `mean`, owned by the caller: `tf.dispose(summary)` frees them.
 * @throws {TypeError} When `prediction` is none, or its tensors are no float32 tensors of enough dimensions.
 * @throws {RangeError} When one of them is empty.
 */
export function summarize<P extends Prediction>(prediction: P): SummaryOf<P> {
  const action = "summarize a prediction";
  switch (prediction?.kind) {
    case "categorical":
      checkTensor(action, "probabilities", prediction.probabilities, 2);
      return tidy(() => summarizeCategorical(prediction.probabilities) as SummaryOf<P>);
    case "dirichlet":
      checkTensor(action, "concentration", prediction.concentration, 1);
      return tidy(() => summarizeDirichlet(prediction.concentration) as SummaryOf<P>);
    case "gaussian":
      checkTensor(action, "mean", prediction.mean, 1);
      return tidy(() => summarizeGaussian(prediction) as SummaryOf<P>);
    default:
      throw new TypeError(
        `Cannot ${action}: kind must be categorical, dirichlet or gaussian but found ${(prediction as { kind?: string } | undefined)?.kind}`,
      );
  }
}

function summarizeGaussian({ mean, epistemicVariance, aleatoricVariance }: GaussianPrediction): Summary {
  const epistemic = clone(epistemicVariance);
  const aleatoric = clone(aleatoricVariance);
  return { mean: clone(mean), total: add(epistemic, aleatoric), aleatoric, epistemic };
}
