/**
 * Predictive uncertainty: networks whose outputs are random, networks that predict Dirichlet distributions, one type of predictive
 * distribution for all of them, and scores of how much the uncertainty is worth.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mcDropout, predict, summarize } from "@jem-js/uncertainty";
 *
 * const model = tf.sequential({
 *   layers: [tf.layers.dropout({ rate: 0.1, inputShape: [4] }), tf.layers.dense({ units: 3 })],
 * });
 * const prediction = await predict(mcDropout(model), tf.ones([2, 4]), { key: key(0), samples: 20, output: "logits" });
 * const { mean, total, aleatoric, epistemic } = summarize(prediction);
 * ```
 *
 * @module
 */
export * from "./concentration_link.ts";
export * from "./deep_ensemble.ts";
export * from "./digamma.ts";
export * from "./dirichlet_divergence.ts";
export * from "./dirichlet_prediction.ts";
export * from "./evidential_loss.ts";
export * from "./gaussian_samples.ts";
export * from "./laplace.ts";
export * from "./layers_model.ts";
export * from "./layerwise_network.ts";
export * from "./log_gamma.ts";
export * from "./mc_batch_norm.ts";
export * from "./mc_dropout.ts";
export * from "./mnf_conv2d.ts";
export * from "./mnf_dense.ts";
export * from "./mnf_layer.ts";
export * from "./mnf_network.ts";
export * from "./model.ts";
export * from "./precision_regularized_loss.ts";
export * from "./predict.ts";
export * from "./prediction.ts";
export * from "./prefix_scores.ts";
export * from "./prior_network_loss.ts";
export * from "./read_samples.ts";
export * from "./regression_scores.ts";
export * from "./significance.ts";
export * from "./stochastic_network.ts";
export * from "./summarize.ts";
export * from "./summary.ts";
export * from "./swag.ts";
export * from "./training_inputs.ts";
export * from "./trigamma.ts";
export * from "./tune_precision.ts";
export * from "./uncertainty_error_curve.ts";
export * from "./variational_loss.ts";
