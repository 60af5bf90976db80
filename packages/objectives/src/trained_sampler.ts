import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import type { NegativeSampler } from "./negative_sampler.ts";

/** A sampler that learns with the model: each call makes a step of its own first. */
export interface TrainedSampler extends NegativeSampler {
  /** All that it trains. A checkpoint holds these, what the generator averages, and its optimizers. */
  readonly variables: readonly Variable[];
  /** What the last call measured, by name; scalars owned by the caller. Empty before the first. */
  terms(): Record<string, Scalar>;
  /** Frees what it holds beside the generator, which is borrowed. */
  dispose(): void;
}
