import { foldIn, type Key } from "@jem-js/random";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import type { ChainState, Kernel } from "./kernel.ts";

/** Options of {@linkcode run}. */
export interface RunOptions<S extends ChainState = ChainState> {
  /** The key of the run: step `i` uses `foldIn(key, i)`. */
  readonly key: Key;
  /** How many steps to make; 0 returns the start. */
  readonly steps: number;
  /** Sees the state after each step; the state is borrowed. @default {undefined} */
  readonly trace?: (state: S) => void;
}

/**
 * Runs the chains of a kernel from `x`.
 *
 * Nothing is read back from the backend; each state is disposed as soon as the next is there.
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
 * @param x The start of each chain, `[batch, ...input]`, borrowed.
 * @param options The key and the number of steps.
 * @returns The final state, owned by the caller; its `x` are the samples, `[batch, ...input]`.
 * @throws {RangeError} When `steps` is not an integer of at least 0.
 */
export function run<S extends ChainState>(kernel: Kernel<S>, x: Tensor, options: RunOptions<S>): S {
  const { key, steps, trace } = options;
  checkInteger("run chains", "steps", steps, 0);
  let state = kernel.init(x);
  for (let i = 0; i < steps; i++) {
    const previous = state;
    try {
      state = kernel.step(foldIn(key, i), previous);
    } finally {
      dispose(previous as object as Record<string, Tensor>);
    }
    trace?.(state);
  }
  return state;
}
