import type { Key } from "@jem-js/random";
import { type BatchRows, batchOrder } from "./_batch_order.ts";
import { checkDataset } from "./_check.ts";
import { gatherTensors } from "./_gather.ts";
import type { Batch } from "./batch_tensor.ts";
import type { Dataset } from "./dataset.ts";

/** Options of {@linkcode batches}. */
export interface BatchesOptions {
  /** The key of the order. */
  readonly key: Key;
  /** How many images a batch has, at most `dataset.size`. */
  readonly batchSize: number;
  /** Whether the images that do not fill a batch at the end of an epoch are left out; else they are a smaller batch. @default {true} */
  readonly dropRemainder?: boolean;
  /** How many times to go through the data. @default {Infinity} */
  readonly epochs?: number;
  /** The `index` of the first batch: what came before is skipped without being made. @default {0} */
  readonly start?: number;
}

/** A batch and its place in the sequence. */
export interface PlacedBatch extends Batch {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The number of batches before this one over all epochs: to go on after it, use `start: index + 1`. */
  readonly index: number;
}

/**
 * Goes through a dataset in batches, in an order of its own for each epoch: epoch `e` is the permutation of
 * `foldIn(key, e)`.
 *
 * A batch depends on `key`, `batchSize`, `dropRemainder` and its `index` alone, so that a run resumed with `start` sees the
 * batches that it would have seen.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { batches, type Dataset } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const dataset: Dataset = { images: new Uint8Array(5), shape: [1, 1, 1], labels: Int32Array.of(0, 1, 2, 3, 4), size: 5 };
 * const seen = [];
 * for (const { x, labels, epoch, index } of batches(dataset, { key: key(0), batchSize: 2, epochs: 2 })) {
 *   seen.push([epoch, index, x.shape[0]]);
 *   tf.dispose([x, labels]);
 * }
 * expect(seen).toEqual([[0, 0, 2], [0, 1, 2], [1, 2, 2], [1, 3, 2]]);
 * ```
 *
 * @param dataset The images; borrowed for as long as the iterator is used.
 * @param options The order and the size of the batches.
 * @returns An iterator. The tensors of each batch are owned by whoever receives it. It yields nothing when `start` is
 * past the last batch.
 * @throws {TypeError} When `key` is not a key or the parts of `dataset` do not belong together.
 * @throws {RangeError} When `batchSize` is above `dataset.size`, or a number is not a positive integer (`start`: or 0).
 * Thrown by the call, not by the iterator.
 */
export function batches(dataset: Dataset, options: BatchesOptions): IterableIterator<PlacedBatch> {
  checkDataset("make batches", dataset);
  return iterate(dataset, batchOrder("make batches", dataset.size, options));
}

function* iterate(dataset: Dataset, order: Iterable<BatchRows>): Generator<PlacedBatch, undefined> {
  for (const { rows, epoch, index } of order) yield { ...gatherTensors(dataset, rows), epoch, index };
}
