/**
 * Classifiers to start from: builders of `tf.LayersModel`s that return logits and whose weights are drawn from a key, so
 * that equal keys give equal networks on every backend.
 *
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { convNet, convNetPresets } from "@jem-js/models";
 *
 * const model = convNet(key(0), { ...convNetPresets.small, inputShape: [28, 28, 1], classes: 10 });
 * ```
 *
 * @module
 */
export * from "./activation.ts";
export * from "./advance_spectral_norms.ts";
export * from "./bits_per_dimension.ts";
export * from "./conv_net.ts";
export * from "./conv_net_presets.ts";
export * from "./double_differentiable.ts";
export * from "./flow.ts";
export * from "./glow.ts";
export * from "./igebm_net.ts";
export * from "./initialize_act_normalization.ts";
export * from "./initializer.ts";
export * from "./load_state_dict.ts";
export * from "./log_partition.ts";
export * from "./mlp.ts";
export * from "./mlp_generator.ts";
export * from "./normalization.ts";
export * from "./product_of_experts.ts";
export * from "./real_nvp.ts";
export * from "./register_layers.ts";
export * from "./restricted_boltzmann_machine.ts";
export * from "./unfuse_layers.ts";
export * from "./wide_res_net.ts";
