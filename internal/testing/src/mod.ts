/**
 * What the tests of all packages share. Never imported by a package's sources.
 *
 * @module
 */
export * from "./expect_numeric_gradient.ts";
export * from "./gaussian.ts";
export * from "./golden.ts";
export * from "./leak_free.ts";
export * from "./numeric_gradient.ts";
export * from "./small_network.ts";
export * from "./to_be_allclose.ts";
export * from "./use_backend.ts";
