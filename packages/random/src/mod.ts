/**
 * Splittable random keys for TensorFlow.js: every function takes a key, equal keys give equal numbers on every backend
 * and engine, and there is no global state. The generator is Threefry-2x32 (20 rounds), as in JAX.
 *
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key, normal, split } from "@jem-js/random";
 *
 * const [first, second] = split(key(0));
 * const a = normal(first!, [64, 28, 28, 1]);
 * const b = normal(second!, [64, 28, 28, 1]); // independent of a
 * ```
 *
 * @module
 */
export * from "./categorical.ts";
export * from "./normal.ts";
export * from "./permutation.ts";
export * from "./randint.ts";
export * from "./uniform.ts";
export * from "./values.ts";
