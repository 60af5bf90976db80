/**
 * Training objectives of joint energy-based models, as functions of a head and a batch that return a scalar: use them in
 * `optimizer.minimize(() => jem(head, batch))`.
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
export * from "./cross_entropy.ts";
export * from "./jem.ts";
