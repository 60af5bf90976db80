import { nextFrame, stack, type Tensor } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import { copyTensors, disposeAll } from "./_tidied.ts";
import { transitions } from "./_transitions.ts";
import type { ChainState, Kernel } from "./kernel.ts";
import type { RunOptions } from "./run.ts";

/** Options of {@linkcode sample}. */
export interface SampleOptions<S extends ChainState = ChainState> extends Omit<RunOptions<S>, "steps"> {
  /** How many samples of each chain are kept. At least 1. */
  readonly samples: number;
  /** How many steps are made before the first sample is kept, beyond those of thinning. @default {0} */
  readonly burnIn?: number;
  /** Every how many steps a sample is kept. @default {1} */
  readonly thinning?: number;
  /** Ends the chains after the current step: an `AbortSignal`. @default {undefined} */
  readonly signal?: { readonly aborted: boolean };
}

/** What {@linkcode sample} returns. Its tensors belong to the caller. */
export interface Samples<S extends ChainState = ChainState> {
  /** The samples in order, `[kept, batch, ...input]`; absent when none was kept before the signal was aborted. */
  readonly x?: Tensor;
  /** What the kernel told of the kept steps, by name: `[kept, batch]`, or `[kept]` for scalars. */
  readonly info: Readonly<Record<string, Tensor>>;
  /** Where the chains ended: `sample` and `run` can go on from it. */
  readonly state: S;
  /** Why it ended. */
  readonly reason: "completed" | "aborted";
}

/** After how many milliseconds the event loop gets a turn. */
const TURN = 16;

/**
 * Samples with the chains of a kernel: burns in, then keeps a sample of each chain every `thinning` steps, in all after
 * `burnIn + samples * thinning` steps.
 *
 * It runs the same loop as `run` but gives the event loop a turn now and then, so that a signal is heard and a page stays
 * alive. Read `x` and `info` into host arrays for the diagnostics of chains (`chainSummary`).
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { sample, sgld } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const kernel = sgld({ score: (x: tf.Tensor) => tf.neg(x) }, { eta: 0.1 });
 * const { x } = await sample(kernel, tf.zeros([4, 2]), { key: key(0), samples: 100, burnIn: 20, thinning: 2 });
 * expect(x!.shape).toEqual([100, 4, 2]);
 * ```
 *
 * @param kernel The transition rule.
 * @param x The start of each chain, `[batch, ...input]`, or the state that a run of this kernel ended in; borrowed.
 * @param options The key, and which samples are kept.
 * @returns The samples, and the state at the end.
 * @throws {RangeError} When a count is out of its range.
 */
export async function sample<S extends ChainState>(
  kernel: Kernel<S>,
  x: Tensor | S,
  options: SampleOptions<S>,
): Promise<Samples<S>> {
  const { key, samples, burnIn = 0, thinning = 1, trace, signal } = options;
  checkInteger("sample", "samples", samples, 1);
  checkInteger("sample", "burnIn", burnIn, 0);
  checkInteger("sample", "thinning", thinning, 1);
  const kept: KeptStep[] = [];
  let last: S | undefined;
  let reason: Samples["reason"] = "completed";
  let turn = Date.now();
  try {
    for (const { made, state } of transitions(kernel, x, key, burnIn + samples * thinning)) {
      if (made > 0) trace?.(state);
      if (made > burnIn && (made - burnIn) % thinning === 0)
        kept.push(copyTensors({ x: state.x, info: state.info ?? {} }));
      if (Date.now() - turn >= TURN) {
        await nextFrame();
        turn = Date.now();
      }
      last = state;
      if (signal?.aborted) {
        reason = "aborted";
        last = copyTensors(state);
        break;
      }
    }
    return { ...stacked(kept), state: last!, reason };
  } finally {
    disposeAll(kept);
  }
}

type KeptStep = Required<Pick<ChainState, "x" | "info">>;

function stacked(kept: readonly KeptStep[]): Pick<Samples, "x" | "info"> {
  const [first] = kept;
  if (!first) return { info: {} };
  const info = Object.keys(first.info).map((name) => [name, stack(kept.map((one) => one.info[name]!))]);
  return { x: stack(kept.map((one) => one.x)), info: Object.fromEntries(info) };
}
