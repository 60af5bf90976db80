/**
 * What the tests of all packages share. Never imported by a package's sources.
 *
 * @module
 */
export * from "./golden.ts";
export * from "./leak_free.ts";
export * from "./numeric_gradient.ts";
export * from "./to_be_allclose.ts";
