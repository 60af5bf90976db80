import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Anything with a score: the gradient of a log-density. An energy head is one. */
export interface ScoreModel {
  /** The gradient of `log p(x)`, or of `log p(x, y)` when labels are given; `[batch, ...input]`, owned by the caller. */
  score(x: Tensor, y?: Labels): Tensor;
}

/** A score model that also tells the log-density, as kernels that accept or reject need. An energy head is one. */
export interface DensityModel extends ScoreModel {
  /** `log p(x)`, or `log p(x, y)` when labels are given, but for a constant; `[batch]`, owned by the caller. */
  logDensity(x: Tensor, y?: Labels): Tensor;
}

/** Class indices, one a chain: an int32 tensor `[batch]` or a plain or typed array. */
export type Labels = Tensor | ArrayLike<number>;

/** The state of a batch of chains. Its tensors belong to whoever holds the state. */
export interface ChainState {
  /** The current positions, `[batch, ...input]`. */
  readonly x: Tensor;
  /** How many steps have been made. */
  readonly step: number;
  /** What the last step tells about itself, by name: scalars, or `[batch]`. Absent at the start. */
  readonly info?: Readonly<Record<string, Tensor>>;
}

/**
 * A transition rule of a Markov chain as a pair of pure functions. It holds no state and has no loop: `run` and `sample`
 * loop.
 *
 * A batch is as many chains. They are independent but for what a kernel adapts to all of them together.
 */
export interface Kernel<S extends ChainState = ChainState> {
  /**
   * The state at the positions `x: [batch, ...input]`, which are borrowed; the state belongs to the caller. With `from`,
   * a state of the same kernel (borrowed), the chains go on from its step with what it has adapted.
   */
  init(x: Tensor, from?: S): S;
  /** The state one step further; `state` is borrowed and stays valid. Equal keys give equal steps. */
  step(key: Key, state: S): S;
}

/** A kernel that tells at which temperature it samples: each of this package. */
export interface TemperedKernel<S extends ChainState = ChainState> extends Kernel<S> {
  /**
   * The temperature `T`, at step 0 when it is scheduled: the chains sample the density of `exp(f / T)`. Those of kernels
   * without an accept step do so in the limit of small steps, and as long as no bound on scores or positions binds.
   */
  readonly temperature: number;
}
