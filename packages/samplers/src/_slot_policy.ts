import { foldIn, type Key, randintValues } from "@jem-js/random";

/** Where results go: see `ReplayBufferOptions.policy`. */
export type SlotPolicy = "slot" | "fifo" | "reservoir";

/**
 * The slot that the result of each chain of a draw goes to, or -1 when it is dropped.
 *
 * @param drawn The slot that each chain was drawn at. The result stays in the block of that slot.
 * @param written How many results each block has taken so far.
 */
export function destinations(
  policy: SlotPolicy,
  key: Key,
  drawn: Int32Array,
  blockSize: number,
  written: readonly number[],
): Int32Array {
  if (policy === "slot") return drawn.slice();
  const taken = [...written];
  return drawn.map((slot, i) => {
    const block = Math.floor(slot / blockSize);
    const before = taken[block]!;
    taken[block] = before + 1;
    if (policy === "fifo" || before < blockSize) return block * blockSize + (before % blockSize);
    const place = randintValues(foldIn(key, i), 1, { max: before + 1 })[0]!;
    return place < blockSize ? block * blockSize + place : -1;
  });
}
