/// <reference types="node" />
import { tensor1d, tensor4d } from "@tensorflow/tfjs-core";
import { type BatchRows, batchOrder } from "./_batch_order.ts";
import { checkInteger } from "./_check.ts";
import { type DecodedBatch, decoderPool } from "./_decoder_pool.ts";
import type { PictureOptions } from "./_read_picture.ts";
import type { BatchesOptions, PlacedBatch } from "./batches.ts";
import type { ImageFiles } from "./list_image_folder.ts";

/** Options of {@linkcode streamImages}. */
export interface StreamImagesOptions extends PictureOptions, BatchesOptions {
  /** How many threads decode. @default {1} */
  readonly workers?: number;
  /** How many batches are decoded before they are asked for, at least 1. @default {4} */
  readonly ahead?: number;
  /** The largest number of bytes that one file may decode to. @default {2 ** 28} */
  readonly maxBytes?: number;
}

/**
 * Makes batches of image files that are read and decoded in worker threads ahead of their use, so that training does not wait
 * for them and a dataset need not fit into memory.
 *
 * Order and contents are those that `batches` would give for the same key: epoch `e` is the permutation of
 * `foldIn(key, e)`, and a batch depends on `key`, `batchSize`, `dropRemainder` and its `index` alone. In memory are at most
 * `ahead` batches.
 *
 * @example Usage
 * ```ts
 * import { key } from "@jem-js/random";
 * import { streamImages } from "@jem-js/data/node";
 *
 * // const files = await listImageFolder("photos");
 * const files = { paths: ["cat/1.jpg", "dog/1.jpg"], labels: Int32Array.of(0, 1), classNames: ["cat", "dog"] };
 * const stream = streamImages(files, { key: key(0), batchSize: 2, size: 32, channels: 3, workers: 2 });
 * // for await (const { x, labels } of stream) tf.dispose([x, labels]); // x: [2, 32, 32, 3] in [-1, 1]
 * await stream.return!(); // The threads start with the first batch that is asked for.
 * ```
 *
 * @param files The files, as `listImageFolder` or `listCelebA` give them.
 * @param options The order and the size of the batches, `[batchSize, height, width, channels]`, and how they are made.
 * @returns An iterator. The tensors of each batch are owned by whoever receives it. Its `return`, which leaving a loop calls, ends the
 * threads. It throws what `readImages` does, when the batch with the file in question is asked for.
 * @throws {TypeError} When `key` is not a key.
 * @throws {RangeError} When `batchSize` is above the number of files, or a number is not a positive integer (`start`: or 0).
 */
export function streamImages(files: ImageFiles, options: StreamImagesOptions): AsyncIterableIterator<PlacedBatch> {
  const action = "stream images";
  const { workers = 1, ahead = 4, maxBytes = 2 ** 28 } = options;
  checkInteger(action, "workers", workers, 1, 64);
  checkInteger(action, "ahead", ahead, 1);
  checkInteger(action, "maxBytes", maxBytes, 1);
  const order = batchOrder(action, files.paths.length, options);
  return iterate(files, order, { ...options, workers, ahead, maxBytes });
}

async function* iterate(
  files: ImageFiles,
  coming: Iterator<BatchRows>,
  options: PictureOptions & { readonly workers: number; readonly ahead: number; readonly maxBytes: number },
): AsyncGenerator<PlacedBatch, undefined> {
  const { size, fit, channels, workers, ahead, maxBytes } = options;
  const picture: PictureOptions = { ...(size && { size }), ...(fit && { fit }), ...(channels && { channels }) };
  const pool = decoderPool(workers);
  const queue: { readonly plan: BatchRows; readonly decoded: Promise<DecodedBatch> }[] = [];
  const order = (): void => {
    for (let next = coming.next(); !next.done; next = coming.next()) {
      const plan = next.value;
      const paths = Array.from(plan.rows, (row) => files.paths[row]!);
      const decoded = pool.decode({ index: plan.index, paths, options: picture, maxBytes });
      // What fails is thrown when it is its turn.
      decoded.catch(() => undefined);
      queue.push({ plan, decoded });
      if (queue.length >= ahead) return;
    }
  };
  try {
    order();
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { pixels, shape } = await next.decoded;
      order();
      const { epoch, index, rows } = next.plan;
      const labels = Int32Array.from(rows, (row) => files.labels[row]!);
      yield {
        x: tensor4d(pixels, [rows.length, ...shape], "float32"),
        labels: tensor1d(labels, "int32"),
        epoch,
        index,
      };
    }
  } finally {
    await pool.close();
  }
}
