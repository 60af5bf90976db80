/**
 * Sampling from energy-based models: kernels without loops (`sgld`, `mala`, `hmc`, `nuts` and kin), the loops (`run`,
 * `sample`), a replay buffer of persistent chains, and the diagnostics of chains.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { replayBuffer, run, sgld } from "@jem-js/samplers";
 *
 * const gaussian = { score: (x: tf.Tensor) => tf.neg(x) };
 * const kernel = sgld(gaussian, { stepSize: 0.1, noiseScale: 0.01 });
 * const buffer = replayBuffer({ key: key(0), size: 1000, shape: [2] });
 * const drawn = buffer.draw(key(1), 64);
 * const { x: samples } = run(kernel, drawn.x, { key: key(2), steps: 20 });
 * await buffer.write(drawn, samples, { steps: 20 });
 * ```
 *
 * @module
 */
export * from "./annealed_importance_sampling.ts";
export * from "./annealing_path.ts";
export * from "./autocorrelation.ts";
export * from "./buffer_snapshot.ts";
export * from "./chain_provenance.ts";
export * from "./chain_summary.ts";
export * from "./chains_of.ts";
export * from "./conditional.ts";
export * from "./effective_sample_size.ts";
export * from "./energy_gap.ts";
export * from "./geometric_path.ts";
export * from "./geometric_schedule.ts";
export * from "./hmc.ts";
export * from "./informative_initializer.ts";
export * from "./initializer.ts";
export * from "./kernel.ts";
export * from "./langevin_options.ts";
export * from "./mala.ts";
export * from "./metropolis_options.ts";
export * from "./nuts.ts";
export * from "./parallel_tempering.ts";
export * from "./polynomial_schedule.ts";
export * from "./psgld.ts";
export * from "./pyld.ts";
export * from "./replay_buffer.ts";
export * from "./replay_buffer_options.ts";
export * from "./replay_draw.ts";
export * from "./reverse_annealed_importance_sampling.ts";
export * from "./run.ts";
export * from "./sample.ts";
export * from "./schedule.ts";
export * from "./sghmc.ts";
export * from "./sgld.ts";
export * from "./shrunk_covariance.ts";
export * from "./split_r_hat.ts";
