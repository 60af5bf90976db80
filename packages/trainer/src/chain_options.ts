import type { NegativeSampler } from "@jem-js/objectives";
import type { Kernel, ReplayBuffer } from "@jem-js/samplers";
import type { Scalar } from "@tensorflow/tfjs-core";

/** The chains that yield the negatives of a procedure. */
export interface ChainOptions {
  /** The transition rule of the chains, such as `sgld(head, { stepSize: 1, noiseScale: 0.01 })`. */
  readonly kernel: Kernel;
  /** The persistent chains; borrowed. */
  readonly buffer: ReplayBuffer;
  /** How many steps the chains make an iteration. At least 1. @default {20} */
  readonly steps?: number;
  /** There is no other sampler beside the chains. @default {undefined} */
  readonly sampler?: undefined;
}

/** What yields the negatives of a procedure in place of chains in a buffer. */
export interface SamplerOptions {
  /**
   * Makes as many negatives as there are data of `p(x)`: `amortizedNegatives`, `generatorNegatives`, `shortRunNegatives` or another of
   * `@jem-js/objectives`. What it trains or stores belongs to the `state` of `fit`. Borrowed.
   */
  readonly sampler: ReportingSampler;
  /** There are no chains beside the sampler. @default {undefined} */
  readonly kernel?: undefined;
  /** There are no chains beside the sampler. @default {undefined} */
  readonly buffer?: undefined;
  /** There are no chains beside the sampler. @default {undefined} */
  readonly steps?: undefined;
}

/** A sampler that may tell what its last call measured, which is reported beside the loss. */
export interface ReportingSampler extends NegativeSampler {
  /** By name; scalars owned by the caller. */
  terms?(): Record<string, Scalar>;
}
