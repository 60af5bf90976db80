/**
 * Out-of-distribution detectors behind one protocol: `fit` on a classifier and in-distribution examples, `score` inputs,
 * larger for more anomalous ones.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energy, fitMany, mahalanobis, scoreMany } from "@jem-js/ood";
 *
 * const model = tf.sequential({
 *   layers: [tf.layers.dense({ units: 8, activation: "relu", inputShape: [2] }), tf.layers.dense({ units: 2 })],
 * });
 * const x = tf.tensor2d([[0, 1], [1, 2], [2, 1], [7, 8], [9, 7], [8, 9]]);
 * const detectors = await fitMany([energy(), mahalanobis()], model, { x, labels: [0, 0, 0, 1, 1, 1] });
 * const [byEnergy, byDistance] = await scoreMany(detectors, tf.tensor2d([[1, 1], [-9, 9]])); // two Float64Array of 2
 * ```
 *
 * @module
 */
export * from "./approximate_mass.ts";
export * from "./ash.ts";
export * from "./benchmark.ts";
export * from "./benchmark_table.ts";
export * from "./class_gaussian_head.ts";
export * from "./class_thresholds.ts";
export * from "./classifier.ts";
export * from "./combine.ts";
export * from "./conformal_p_values.ts";
export * from "./conformal_threshold.ts";
export * from "./decomposed_confidence.ts";
export * from "./detector.ts";
export * from "./detector_from_json.ts";
export * from "./dice.ts";
export * from "./dirichlet.ts";
export * from "./energy.ts";
export * from "./entropy.ts";
export * from "./fit_many.ts";
export * from "./generalized_entropy.ts";
export * from "./generalized_odin.ts";
export * from "./gram.ts";
export * from "./kl_matching.ts";
export * from "./knn.ts";
export * from "./learned_logit.ts";
export * from "./log_density.ts";
export * from "./logit_network.ts";
export * from "./mahalanobis.ts";
export * from "./mahalanobis_ensemble.ts";
export * from "./margin.ts";
export * from "./max_logit.ts";
export * from "./max_probability.ts";
export * from "./mcdd.ts";
export * from "./ncd.ts";
export * from "./odin.ts";
export * from "./open_classifier.ts";
export * from "./react.ts";
export * from "./refinement.ts";
export * from "./rejection_curve.ts";
export * from "./relative_mahalanobis.ts";
export * from "./reparameterize.ts";
export * from "./score_many.ts";
export * from "./she.ts";
export * from "./source.ts";
export * from "./ufel.ts";
export * from "./ufel_network.ts";
export * from "./vim.ts";
