import type { BufferSnapshot, JsonValue, SnapshotArray } from "./buffer_snapshot.ts";

const ACTION = "restore the replay buffer";

/** Throws unless `snapshot` is of a buffer with these settings, blocks and kinds of arrays, and its chains are finite. */
export function checkSnapshot(
  snapshot: BufferSnapshot,
  settings: Readonly<Record<string, JsonValue>>,
  blocks: number,
  arrays: Readonly<Record<string, SnapshotArray>>,
): void {
  if (typeof snapshot?.values !== "object" || typeof snapshot.arrays !== "object") {
    throw new TypeError(`Cannot ${ACTION}: snapshot must be { values, arrays } but found ${typeof snapshot}`);
  }
  for (const [name, setting] of Object.entries(settings)) {
    const [wanted, found] = [setting, snapshot.values[name]].map((value) => JSON.stringify(value));
    if (wanted !== found) throw new TypeError(`Cannot ${ACTION}: ${name} must be ${wanted} but found ${found}`);
  }
  const { written } = snapshot.values;
  const isCount = (value: JsonValue): boolean => Number.isInteger(value) && (value as number) >= 0;
  if (!Array.isArray(written) || written.length !== blocks || !written.every(isCount)) {
    throw new TypeError(`Cannot ${ACTION}: written must be ${blocks} counts but found ${JSON.stringify(written)}`);
  }
  for (const [name, array] of Object.entries(arrays)) {
    const [wanted, found] = [array, snapshot.arrays[name]].map(describe);
    if (wanted !== found) throw new TypeError(`Cannot ${ACTION}: ${name} must be ${wanted} but found ${found}`);
  }
  const wrong = snapshot.arrays.chains!.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new RangeError(`Cannot ${ACTION}: chains must be finite but found ${wrong}`);
}

function describe(array: SnapshotArray | undefined): string {
  // By tag: a Buffer of Node is a Uint8Array as well.
  return array === undefined ? "nothing" : `${array[Symbol.toStringTag]} of ${array.length}`;
}
