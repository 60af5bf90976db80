/**
 * The training loop of joint energy-based models: `fit` runs any procedure (`jemProcedure`, `classifierProcedure`, your
 * own) over any batches and tells listeners what happens. With checkpoints a killed run goes on exactly where the last one left
 * off; with recovery a run that diverges goes back to one. Files, images and progress bars are in `@jem-js/trainer/node`.
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
export * from "./average_weights.ts";
export * from "./buffer_outliers.ts";
export * from "./chain_options.ts";
export * from "./chains_stuck.ts";
export * from "./checkpoint_error.ts";
export * from "./checkpoint_store.ts";
export * from "./checkpointable.ts";
export * from "./classifier_procedure.ts";
export * from "./contrastive_procedure.ts";
export * from "./detector.ts";
export * from "./divergence_error.ts";
export * from "./early_stopping.ts";
export * from "./energy_drift.ts";
export * from "./events.ts";
export * from "./fit.ts";
export * from "./fit_options.ts";
export * from "./jem_procedure.ts";
export * from "./learning_rate.ts";
export * from "./memory_checkpoints.ts";
export * from "./optimizer_state.ts";
export * from "./procedure.ts";
export * from "./recovery.ts";
export * from "./samples_out_of_bounds.ts";
export * from "./semi_supervised_procedure.ts";
export * from "./step_decay.ts";
export * from "./stop_criterion.ts";
export * from "./time_budget.ts";
export * from "./weights_state.ts";
