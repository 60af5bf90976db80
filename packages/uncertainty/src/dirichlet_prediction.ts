import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkTensor } from "./_check.ts";
import { checkLink, concentrationOf } from "./_concentration.ts";
import type { ConcentrationLink } from "./concentration_link.ts";
import type { DirichletPrediction } from "./prediction.ts";

/** Options of {@linkcode dirichletPrediction}. */
export interface DirichletPredictionOptions {
  /** How logits become concentrations. @default {"exp"} */
  readonly link?: ConcentrationLink;
}

/**
 * The Dirichlet distribution that a prior network or an evidential network predicts by its logits, in one pass.
 *
 * `summarize` gives all of its measures: of a network trained by `priorNetworkLoss`, `precisionRegularizedLoss` or
 * `evidentialLoss` the mutual information, `epistemic`, is large for what is unlike the data, and `aleatoric` for what is between
 * classes. Of a classifier that was not trained so the concentrations mean nothing. Differentiable in the logits, at any order.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { dirichletPrediction, summarize } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const { epistemic } = summarize(dirichletPrediction(tf.log(tf.tensor2d([[100, 100, 100], [1, 1, 1]]))));
 * const [between, unknown] = await epistemic.data();
 * expect(between).toBeCloseTo(0.0033259);
 * expect(unknown).toBeCloseTo(0.2652790);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.10501 | Malinin and Gales, Predictive uncertainty estimation via prior networks}
 * @see {@link https://arxiv.org/abs/1806.01768 | Sensoy et al., Evidential deep learning to quantify classification uncertainty}
 *
 * @param logits The outputs of the network, float32 `[..., classes]`; borrowed.
 * @param options The link. With `"exp"`, logits beyond ±60 are taken for ±60.
 * @returns The prediction, of concentrations `[..., classes]`, owned by the caller.
 * @throws {TypeError} When `logits` is no float32 tensor or `link` is unknown.
 * @throws {RangeError} When `logits` is empty.
 */
export function dirichletPrediction(logits: Tensor, options: DirichletPredictionOptions = {}): DirichletPrediction {
  const { link = "exp" } = options;
  const action = "make a Dirichlet prediction";
  checkTensor(action, "logits", logits, 1);
  checkLink(action, link);
  return { kind: "dirichlet", concentration: tidy(() => concentrationOf(logits, link)) };
}
