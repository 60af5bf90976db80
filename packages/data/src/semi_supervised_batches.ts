import { foldIn, type Key, permutationValues, split } from "@jem-js/random";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import { checkDataset, checkInteger } from "./_check.ts";
import { gatherTensors } from "./_gather.ts";
import type { Batch } from "./batch_tensor.ts";
import { batches } from "./batches.ts";
import type { Dataset } from "./dataset.ts";

/** Options of {@linkcode semiSupervisedBatches}. */
export interface SemiSupervisedBatchesOptions {
  /** The key of the orders. */
  readonly key: Key;
  /** How many labelled images a batch has. At least 1; there may be fewer labels than that. */
  readonly labeledBatchSize: number;
  /** How many images without their labels a batch has, at most `unlabeled.size`. */
  readonly unlabeledBatchSize: number;
  /** The `index` of the first batch: what came before is skipped without being made. @default {0} */
  readonly start?: number;
}

/** Two batches drawn apart, and their place in the sequence. */
export interface SemiSupervisedBatch extends Batch {
  /** The images of which the density is learnt, `[unlabeled, height, width, channels]`. */
  readonly unlabeled: Tensor;
  /** The number of batches before this one: to go on after it, use `start: index + 1`. */
  readonly index: number;
}

/**
 * Batches for learning with few labels, without end: labelled images `x` with `labels`, and independent of them images
 * `unlabeled`, which should be all there are, those with a label among them.
 *
 * The labelled images come in epochs too, which batches straddle: with `balancedSubset` all classes are met equally often, and a
 * batch may be larger than the subset and hold an image more than once. A batch depends on the options and its `index` alone.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { balancedSubset, type Dataset, semiSupervisedBatches } from "@jem-js/data";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const labels = Int32Array.of(0, 1, 1, 0, 1, 0);
 * const all: Dataset = { images: new Uint8Array(6), shape: [1, 1, 1], labels, size: 6 };
 * const few = balancedSubset(key(0), all, { perClass: 1 });
 * const options = { key: key(1), labeledBatchSize: 4, unlabeledBatchSize: 3 };
 * const batch = semiSupervisedBatches(few, all, options).next().value!;
 * expect([...(await batch.labels.data())].sort()).toEqual([0, 0, 1, 1]);
 * expect(batch.unlabeled.shape).toEqual([3, 1, 1, 1]);
 * ```
 *
 * @param labeled The images with labels; borrowed for as long as the iterator is used.
 * @param unlabeled All images; their labels are not read. Borrowed alike.
 * @param options The orders and the sizes of the batches.
 * @returns An iterator. The tensors of each batch are owned by whoever receives it.
 * @throws {TypeError} When `key` is not a key or the parts of a dataset do not belong together.
 * @throws {RangeError} When `unlabeledBatchSize` is above `unlabeled.size`, or a number is not a positive integer (`start`: or
 * 0). Thrown by the call, not by the iterator.
 */
export function semiSupervisedBatches(
  labeled: Dataset,
  unlabeled: Dataset,
  options: SemiSupervisedBatchesOptions,
): IterableIterator<SemiSupervisedBatch> {
  const { key, labeledBatchSize, unlabeledBatchSize, start = 0 } = options;
  checkDataset("make batches", labeled);
  checkInteger("make batches", "labeledBatchSize", labeledBatchSize, 1);
  const [labeledKey, unlabeledKey] = split(key) as [Key, Key];
  const others = batches(unlabeled, { key: unlabeledKey, batchSize: unlabeledBatchSize, start });

  function* iterate(): Generator<SemiSupervisedBatch, undefined> {
    let epoch = -1;
    let order: Int32Array = new Int32Array(0);
    for (const { x: image, labels: unread, index } of others) {
      dispose(unread);
      const chosen = new Int32Array(labeledBatchSize);
      for (let i = 0; i < labeledBatchSize; i++) {
        const at = index * labeledBatchSize + i;
        if (Math.floor(at / labeled.size) !== epoch) {
          epoch = Math.floor(at / labeled.size);
          order = permutationValues(foldIn(labeledKey, epoch), labeled.size);
        }
        chosen[i] = order[at % labeled.size]!;
      }
      yield { ...gatherTensors(labeled, chosen), unlabeled: image, index };
    }
  }

  return iterate();
}
