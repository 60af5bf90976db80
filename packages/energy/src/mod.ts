/**
 * Any classifier as an energy-based model: give it a function or model that returns logits, and get energies,
 * log-densities, scores and class probabilities.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 10, inputShape: [784] })] });
 * const head = energyHead(model);
 * const energy = head.energy(tf.zeros([1, 784])); // [1]
 * ```
 *
 * @module
 */
export * from "./check_second_derivatives.ts";
export * from "./classifier.ts";
export * from "./directional_derivative.ts";
export * from "./disagreement.ts";
export * from "./elementwise.ts";
export * from "./energy_head.ts";
export * from "./ensemble.ts";
export * from "./hessian_vector_product.ts";
export * from "./labels.ts";
export * from "./log_sum_exp.ts";
export * from "./mixture.ts";
export * from "./product.ts";
export * from "./reweight.ts";
