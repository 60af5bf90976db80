/**
 * Adversarial attacks for TensorFlow.js classifiers, and the accuracy that is left under them: attacks by gradients, scores and
 * decisions, criteria, the frame that runs attacks and judges what they find, models with noise, and checks of an evaluation.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { pgd } from "@jem-js/attacks";
 *
 * const classifier = tf.sequential({ layers: [tf.layers.dense({ units: 10, inputShape: [784] })] });
 * const x = tf.fill([1, 784], 0.5);
 * const adversarial = pgd(classifier, x, [3], { norm: "linf", epsilon: 0.1, stepSize: 0.02, steps: 10 }); // [1, 784]
 * ```
 *
 * @module
 */
export * from "./additive_noise.ts";
export * from "./all_of.ts";
export * from "./apgd.ts";
export * from "./attack_model.ts";
export * from "./attack_options.ts";
export * from "./attack_result.ts";
export * from "./attack_task.ts";
export * from "./auto_attack.ts";
export * from "./boundary.ts";
export * from "./carlini_wagner.ts";
export * from "./classifier.ts";
export * from "./confident.ts";
export * from "./criterion.ts";
export * from "./decision_example.ts";
export * from "./deep_fool.ts";
export * from "./distal_adversarials.ts";
export * from "./distance_table.ts";
export * from "./eot_model.ts";
export * from "./epsilon_search.ts";
export * from "./fab.ts";
export * from "./fgsm.ts";
export * from "./gradient_masking.ts";
export * from "./hop_skip_jump.ts";
export * from "./interval.ts";
export * from "./labels.ts";
export * from "./misclassification.ts";
export * from "./noisy_model.ts";
export * from "./pgd.ts";
export * from "./pointwise.ts";
export * from "./randomized_smoothing.ts";
export * from "./refined_model.ts";
export * from "./robust_accuracy.ts";
export * from "./robust_accuracy_curve.ts";
export * from "./robustness_check.ts";
export * from "./robustness_checklist.ts";
export * from "./run_attack.ts";
export * from "./salt_and_pepper.ts";
export * from "./square.ts";
export * from "./start_from_images.ts";
export * from "./start_from_noise.ts";
export * from "./start_from_salt_and_pepper.ts";
export * from "./stochastic_accuracy.ts";
export * from "./stochastic_model.ts";
export * from "./targeted.ts";
export * from "./top_k.ts";
