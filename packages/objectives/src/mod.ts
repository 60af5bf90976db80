/**
 * Training objectives of classifiers that are densities, and of energy-based models: JEM and its kin, contrastive
 * divergence, score matching, noise contrast, Stein discrepancies, with their penalties. Each is a function of a model
 * and a batch that returns the loss, or the loss and its parts: use it in `optimizer.minimize(() => jem(head, batch))`.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { jem } from "@jem-js/objectives";
 *
 * const weights = tf.variable(tf.zeros([4, 3]));
 * const head = energyHead((x) => tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D));
 * const batch = { x: tf.ones([8, 4]), labels: tf.zeros([8], "int32"), negatives: tf.zeros([8, 4]) };
 * tf.train.adam(1e-3).minimize(() => jem(head, batch, { energyL2: 0.1 }));
 * ```
 *
 * @module
 */
export * from "./adversarial_training.ts";
export * from "./amortized_negatives.ts";
export * from "./batch_norm_entropy.ts";
export * from "./conditional_likelihood.ts";
export * from "./conditional_noise_contrastive_estimation.ts";
export * from "./contrastive_divergence.ts";
export * from "./cross_entropy.ts";
export * from "./data_negatives.ts";
export * from "./denoising_score_matching.ts";
export * from "./energy_discrepancy.ts";
export * from "./evaluate_stein.ts";
export * from "./gaussian_noise.ts";
export * from "./generator.ts";
export * from "./generator_negatives.ts";
export * from "./gradient_penalty.ts";
export * from "./improved_contrastive_divergence.ts";
export * from "./jem.ts";
export * from "./joint_likelihood.ts";
export * from "./loss_terms.ts";
export * from "./model.ts";
export * from "./negative_sampler.ts";
export * from "./noise_contrastive_estimation.ts";
export * from "./noise_distribution.ts";
export * from "./persistent_negatives.ts";
export * from "./presets.ts";
export * from "./score_matching.ts";
export * from "./second_derivative_options.ts";
export * from "./semi_supervised_jem.ts";
export * from "./sharpness_aware_gradients.ts";
export * from "./short_run_negatives.ts";
export * from "./sliced_score_matching.ts";
export * from "./spectral_norm.ts";
export * from "./spectral_norm_penalty.ts";
export * from "./stein_critic_loss.ts";
export * from "./stein_discrepancy.ts";
export * from "./trained_sampler.ts";
