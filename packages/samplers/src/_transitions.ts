import { foldIn, type Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import { copyTensors, disposeAll } from "./_tidied.ts";
import type { ChainState, Kernel } from "./kernel.ts";

/**
 * The one loop: the start and the state after each step, with the number of steps made. A state is borrowed until the
 * next; the last belongs to whoever took it. Ended early, by a `break` or an error, it leaves nothing behind.
 */
export function* transitions<S extends ChainState>(
  kernel: Kernel<S>,
  start: Tensor | S,
  key: Key,
  steps: number,
): Generator<{ made: number; state: S }, void, void> {
  let state = "dataId" in start ? kernel.init(start) : copyTensors(start);
  let finished = false;
  try {
    yield { made: 0, state };
    for (let made = 1; made <= steps; made++) {
      const next = kernel.step(foldIn(key, state.step), state);
      disposeAll(state);
      state = next;
      yield { made, state };
    }
    finished = true;
  } finally {
    if (!finished) disposeAll(state);
  }
}
