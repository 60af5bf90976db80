import { foldIn, type Key, permutationValues } from "@jem-js/random";
import { checkInteger } from "./_check.ts";
import type { BatchesOptions } from "./batches.ts";

/** A batch by the rows that it is made of. */
export interface BatchRows {
  readonly epoch: number;
  readonly index: number;
  readonly rows: Int32Array;
}

/** The rows of the batches of `size` examples; throws at once, not when it is iterated, what an option makes wrong. */
export function batchOrder(action: string, size: number, options: BatchesOptions): IterableIterator<BatchRows> {
  const { key, batchSize, dropRemainder = true, epochs = Number.POSITIVE_INFINITY, start = 0 } = options;
  checkInteger(action, "batchSize", batchSize, 1, size);
  checkInteger(action, "start", start, 0);
  if (epochs !== Number.POSITIVE_INFINITY) checkInteger(action, "epochs", epochs, 1);
  const perEpoch = Math[dropRemainder ? "floor" : "ceil"](size / batchSize);
  foldIn(key, 0); // refuses what is no key
  return iterate(size, key, batchSize, perEpoch, epochs, start);
}

function* iterate(
  size: number,
  key: Key,
  batchSize: number,
  perEpoch: number,
  epochs: number,
  start: number,
): Generator<BatchRows, undefined> {
  for (let epoch = Math.floor(start / perEpoch); epoch < epochs; epoch++) {
    const order = permutationValues(foldIn(key, epoch), size);
    for (let index = Math.max(start, epoch * perEpoch); index < (epoch + 1) * perEpoch; index++) {
      const first = (index - epoch * perEpoch) * batchSize;
      yield { epoch, index, rows: order.subarray(first, first + batchSize) };
    }
  }
}
