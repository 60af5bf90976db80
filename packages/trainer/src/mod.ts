/**
 * The training loop of joint energy-based models: `fit` runs any procedure (`jemProcedure`, `classifierProcedure`, your
 * own) over any batches, tells listeners what happens, and stops before a diverged step is applied. Progress bars and
 * metrics files are in `@jem-js/trainer/node`.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { key } from "@jem-js/random";
 * import { classifierProcedure, fit } from "@jem-js/trainer";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
 * const procedure = classifierProcedure(energyHead(model));
 * function* batches() {
 *   while (true) yield { x: tf.ones([8, 4]), labels: tf.zeros([8], "int32") };
 * }
 * const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
 * await fit(procedure, batches(), { optimizer: tf.train.adam(1e-3), variables, iterations: 10, key: key(0) });
 * ```
 *
 * @module
 */
export * from "./classifier_procedure.ts";
export * from "./divergence_error.ts";
export * from "./events.ts";
export * from "./fit.ts";
export * from "./jem_procedure.ts";
export * from "./learning_rate.ts";
export * from "./procedure.ts";
