import type { Key } from "@jem-js/random";
import type { Initializer } from "./initializer.ts";

/** Options of `replayBuffer`. */
export interface ReplayBufferOptions {
  /** The key that fills the buffer at the start. */
  readonly key: Key;
  /** How many chains are kept. @default {10000} */
  readonly size?: number;
  /** The shape of one input. */
  readonly shape: readonly number[];
  /** The probability that a drawn chain starts anew. @default {0.05} */
  readonly reinitProbability?: number;
  /** Makes fresh starts. @default {uniform on [-1, 1)} */
  readonly initializer?: Initializer;
  /**
   * Where a result goes: back to the `"slot"` that its chain was drawn from (JEM); over the oldest result, `"fifo"`
   * (IGEBM); or to a random slot with the probability that keeps a uniform sample of all results, `"reservoir"` (improved
   * contrastive divergence). Under the last two the first results replace the initial chains in order, and a draw is to be
   * written before the next is made: they would go to the same slots. @default {"slot"}
   */
  readonly policy?: "slot" | "fifo" | "reservoir";
  /**
   * Divides the buffer into as many blocks of equal size: block `y` keeps the chains of class `y`, and `draw` takes
   * `labels`. 1 means that chains have no class. @default {1}
   */
  readonly classes?: number;
  /**
   * `"uint8"` takes a quarter of the memory: values are rounded to 256 bins of `range`, and drawn uniformly from their bin.
   * @default {"float32"}
   */
  readonly storage?: "float32" | "uint8";
  /** The range `[min, max)` of `"uint8"`; values outside go to the outermost bins. @default {[-1, 1]} */
  readonly range?: readonly [min: number, max: number];
}
