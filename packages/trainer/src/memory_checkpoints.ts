import { CheckpointError } from "./checkpoint_error.ts";
import type { Checkpoint, CheckpointStore } from "./checkpoint_store.ts";

/**
 * Keeps checkpoints in memory, for a run that goes back after a divergence but need not outlive its process.
 *
 * A checkpoint is as large as the weights, the optimizer's state (twice the weights with Adam) and the replay buffer.
 *
 * @example Usage
 * ```ts
 * import { memoryCheckpoints } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const store = memoryCheckpoints();
 * await store.write({ step: 100, parts: { counter: { values: { count: 7 }, arrays: {} } } });
 * expect(await store.steps()).toEqual([100]);
 * expect((await store.read(100)).parts.counter!.values.count).toBe(7);
 * ```
 *
 * @returns The store, empty.
 */
export function memoryCheckpoints(): CheckpointStore {
  const kept = new Map<number, Checkpoint>();
  return {
    steps: async () => [...kept.keys()].sort((a, b) => a - b),
    async read(step) {
      const checkpoint = kept.get(step);
      if (!checkpoint) throw new CheckpointError("truncated", `checkpoint ${step}`, "it is not in memory");
      return structuredClone(checkpoint);
    },
    async write(checkpoint) {
      kept.set(checkpoint.step, structuredClone(checkpoint));
    },
    async remove(step) {
      kept.delete(step);
    },
  };
}
