import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Anything with a score: the gradient of a log-density. An energy head is one. */
export interface ScoreModel {
  /** The gradient of `log p(x)`, or of `log p(x, y)` when labels are given; `[batch, ...input]`, owned by the caller. */
  score(x: Tensor, y?: Labels): Tensor;
}

/** Class indices, one a chain: an int32 tensor `[batch]` or a plain or typed array. */
export type Labels = Tensor | ArrayLike<number>;

/** The state of a batch of chains. Its tensors belong to whoever holds the state. */
export interface ChainState {
  /** The current positions, `[batch, ...input]`. */
  readonly x: Tensor;
  /** How many steps have been made. */
  readonly step: number;
}

/**
 * A transition rule of a Markov chain as a pair of pure functions. It holds no state and has no loop: `run` loops.
 *
 * A batch is as many independent chains.
 */
export interface Kernel<S extends ChainState = ChainState> {
  /** The state at the positions `x: [batch, ...input]`, which are borrowed; the state belongs to the caller. */
  init(x: Tensor): S;
  /** The state one step further; `state` is borrowed and stays valid. Equal keys give equal steps. */
  step(key: Key, state: S): S;
}
