/**
 * The keys, and the draws that are arrays: what of this package needs no TensorFlow.js, with the same numbers as the
 * tensors.
 *
 * ```ts
 * import { foldIn, key, normalValues } from "@jem-js/random/values";
 *
 * const noise = normalValues(foldIn(key(0), 3), 100);
 * ```
 *
 * @module
 */
export * from "./fold_in.ts";
export * from "./key.ts";
export * from "./normal_values.ts";
export * from "./permutation_values.ts";
export * from "./randint_values.ts";
export * from "./split.ts";
export * from "./uniform_values.ts";
