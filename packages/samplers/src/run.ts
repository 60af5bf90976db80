import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import { transitions } from "./_transitions.ts";
import type { ChainState, Kernel } from "./kernel.ts";

/** Options of {@linkcode run}. */
export interface RunOptions<S extends ChainState = ChainState> {
  /** The key of the run: the step of a state whose `step` is `i` uses `foldIn(key, i)`. */
  readonly key: Key;
  /** How many steps to make; 0 returns the start. */
  readonly steps: number;
  /** Sees the state after each step; the state is borrowed. @default {undefined} */
  readonly trace?: (state: S) => void;
}

/**
 * Runs the chains of a kernel from `x`, and returns where they end. `sample` keeps samples on the way.
 *
 * Nothing is read back from the backend; each state is disposed as soon as the next is there. From a state the chains go
 * on: two runs of five steps with equal keys make the ten steps of one.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { run, sgld } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const kernel = sgld({ score: (x: tf.Tensor) => tf.neg(x) }, { stepSize: 0.5, noiseScale: 0 });
 * const { x, step } = run(kernel, tf.tensor2d([[8]]), { key: key(0), steps: 3 });
 * expect([...(await x.data())]).toEqual([1]);
 * expect(step).toBe(3);
 * ```
 *
 * @param kernel The transition rule.
 * @param x The start of each chain, `[batch, ...input]`, or the state that a run of this kernel ended in; borrowed.
 * @param options The key and the number of steps.
 * @returns The final state, owned by the caller; its `x` are the samples, `[batch, ...input]`.
 * @throws {RangeError} When `steps` is not an integer of at least 0.
 */
export function run<S extends ChainState>(kernel: Kernel<S>, x: Tensor | S, options: RunOptions<S>): S {
  const { key, steps, trace } = options;
  checkInteger("run chains", "steps", steps, 0);
  let last: S | undefined;
  for (const { made, state } of transitions(kernel, x, key, steps)) {
    if (made > 0) trace?.(state);
    last = state;
  }
  return last!;
}
