import type { Key } from "@jem-js/random";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";

/**
 * A classifier that draws noise: a function of the inputs and of a key. With one key it is a deterministic classifier,
 * `(x) => model.logits(x, key)`, that can be attacked with its noise fixed; `eotModel` makes a classifier of its expectation.
 */
export interface StochasticModel {
  /** The smallest and the largest value of an input. @default {[0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
  /**
   * Maps inputs `[batch, ...input]` to the logits `[batch, classes]` of one draw, differentiable in `x`. Example `i` draws from `foldIn(key, i)`,
   * or from the `i`-th of several keys.
   */
  logits(x: Tensor, key: Key | readonly Key[]): Tensor2D;
}
