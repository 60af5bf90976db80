import type { Kernel, ReplayBuffer } from "@jem-js/samplers";

/** The chains that yield the negatives of a procedure. */
export interface ChainOptions {
  /** The transition rule of the chains, such as `sgld(head, { stepSize: 1, noiseScale: 0.01 })`. */
  readonly kernel: Kernel;
  /** The persistent chains; borrowed. */
  readonly buffer: ReplayBuffer;
  /** How many steps the chains make an iteration. At least 1. @default {20} */
  readonly steps?: number;
}
