import type { Key } from "@jem-js/random";

/**
 * Makes `count` starts of chains, row-major `[count, ...input]`. A buffer of class blocks also gives the class of each.
 */
export type Initializer = (key: Key, count: number, labels?: Int32Array) => Float32Array;
