/**
 * A TensorFlow.js backend for Node: SIMD kernels on all cores, without libtensorflow. Importing the package registers
 * the backend `native`; every kernel of TensorFlow.js works on it, and those where time is spent are native code.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { isAvailable } from "@jem-js/native";
 *
 * await tf.setBackend(isAvailable() ? "native" : "cpu");
 * tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).print();
 * ```
 *
 * @module
 */
import "./_start.ts";

export * from "./is_available.ts";
export * from "./mat_mul_float64.ts";
export * from "./memory_info.ts";
export * from "./set_exact.ts";
export * from "./set_threads.ts";
