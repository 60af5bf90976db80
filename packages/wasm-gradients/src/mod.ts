/**
 * The gradient kernels that TensorFlow.js's wasm backend lacks, gets wrong or computes slowly.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import "@tensorflow/tfjs-backend-wasm";
 * import { registerWasmGradients } from "@jem-js/wasm-gradients";
 *
 * registerWasmGradients();
 * await tf.setBackend("wasm");
 * ```
 *
 * @module
 */
export * from "./register_wasm_gradients.ts";
