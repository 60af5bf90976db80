import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * What a network predicts: a distribution, whatever method made it. Its tensors belong to whoever holds it: `tf.dispose(prediction)`
 * frees them. `summarize` measures it.
 *
 * `...` stands for the places of predictions: `[batch]` for vectors, `[batch, height, width]` for maps.
 */
export type Prediction = CategoricalPrediction | DirichletPrediction | GaussianPrediction;

/** A distribution over classes that is given by samples of class probabilities, one of each network that is drawn. */
export type CategoricalPrediction = {
  /** Tells the three apart. */
  readonly kind: "categorical";
  /** The class probabilities of each sample, `[samples, ..., classes]`, not negative, of sum 1. */
  readonly probabilities: Tensor;
};

/** A Dirichlet distribution over class probabilities, as prior networks predict it in one pass. */
export type DirichletPrediction = {
  /** Tells the three apart. */
  readonly kind: "dirichlet";
  /** The concentrations `alpha`, `[..., classes]`, positive. */
  readonly concentration: Tensor;
};

/** A distribution over numbers that is described by its mean and the two parts of its variance. */
export type GaussianPrediction = {
  /** Tells the three apart. */
  readonly kind: "gaussian";
  /** The means, `[..., outputs]`. */
  readonly mean: Tensor;
  /** What the networks that are drawn differ by, their population variance, `[..., outputs]`. */
  readonly epistemicVariance: Tensor;
  /** The variance of the noise of observations, `[..., outputs]`. */
  readonly aleatoricVariance: Tensor;
  /** What the moments are of, `[samples, ..., outputs]`, when they are of samples. */
  readonly samples?: Tensor;
};
