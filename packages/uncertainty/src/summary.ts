import type { Tensor } from "@tensorflow/tfjs-core";
import type { Prediction } from "./prediction.ts";

/**
 * What every prediction is summarised by. For classes the uncertainties are entropies in nats, without the axis of classes; for
 * numbers they are variances, one an output. `total` is the sum of the other two.
 */
export type Summary = {
  /** The mean: class probabilities `[..., classes]`, or numbers `[..., outputs]`. */
  readonly mean: Tensor;
  /** The uncertainty in all: the entropy of the mean, or the variance. */
  readonly total: Tensor;
  /** What more data would not change: the mean entropy of a sample, or the variance of the noise. */
  readonly aleatoric: Tensor;
  /**
   * What the networks that are drawn disagree on: the mutual information of the class and the network, or the variance of the
   * outputs. Never negative, and exactly 0 for one sample.
   */
  readonly epistemic: Tensor;
};

/** What predictions of classes are summarised by, beside; `[...]` each. */
export type ClassSummary = Summary & {
  /** The largest class probability of the mean. */
  readonly maxProbability: Tensor;
  /** The variance of a class probability, averaged over the classes; of samples, the population variance. */
  readonly variance: Tensor;
  /**
   * The expected divergence of two independent draws, `E KL(q || q')` (EPKL). Of samples, the mean over all pairs, a sample and
   * itself included: `samples / (samples - 1)` times it is the mean over pairs of different samples.
   */
  readonly pairwiseDivergence: Tensor;
};

/** The summary of a {@linkcode CategoricalPrediction}. */
export type CategoricalSummary = ClassSummary & {
  /** The mean divergence of a sample from the mean, `mean_t KL(mean || q_t)`; with `epistemic` it makes `pairwiseDivergence`. */
  readonly reverseMutualInformation: Tensor;
  /** The share of samples whose class is not the most frequent one. */
  readonly variationRatio: Tensor;
};

/** The summary of a {@linkcode DirichletPrediction}. */
export type DirichletSummary = ClassSummary & {
  /** The differential entropy of the distribution over class probabilities: can be negative. */
  readonly differentialEntropy: Tensor;
  /** The sum of the concentrations: small for what is unknown. */
  readonly precision: Tensor;
};

/** The summary of a prediction. */
export type SummaryOf<P extends Prediction> = P extends { readonly kind: "categorical" }
  ? CategoricalSummary
  : P extends { readonly kind: "dirichlet" }
    ? DirichletSummary
    : Summary;
