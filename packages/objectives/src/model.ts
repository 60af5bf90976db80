import type { EnergyHead } from "@jem-js/energy";
import type { Tensor } from "@tensorflow/tfjs-core";

/** What an objective of labels needs: `logits(x)`, `[batch, classes]`. An energy head is one. */
export type LogitsModel = Pick<EnergyHead, "logits">;

/**
 * What an objective of a density needs: `logDensity(x, y?)`, `[batch]`, up to a constant; differentiable with respect
 * to its variables. An energy head is one, and so is `{ logDensity: (x) => ... }` over a network with one output.
 */
export type DensityModel = Pick<EnergyHead, "logDensity">;

/** Data without labels: what objectives of a density learn from. */
export interface DataBatch {
  /** Inputs, `[batch, ...input]`. */
  readonly x: Tensor;
}
