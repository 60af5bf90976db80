import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { checkDataset, checkIndices } from "./_check.ts";
import { gatherTensors } from "./_gather.ts";
import type { Dataset } from "./dataset.ts";

/** Images and their labels as tensors, owned by whoever receives them. */
export interface Batch {
  /** The images, float32 `[batch, height, width, channels]` in `[-1, 1]`. */
  readonly x: Tensor4D;
  /** The class indices, int32 `[batch]`. */
  readonly labels: Tensor1D;
}

/**
 * Makes tensors of chosen images, for example of a test set in its order.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { batchTensor, type Dataset } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const dataset: Dataset = { images: Uint8Array.of(0, 255), shape: [1, 1, 1], labels: Int32Array.of(3, 4), size: 2 };
 * const { x, labels } = batchTensor(dataset, [1, 0]);
 * expect([...(await x.data())]).toEqual([1, -1]);
 * expect([...(await labels.data())]).toEqual([4, 3]);
 * tf.dispose([x, labels]);
 * ```
 *
 * @param dataset The images; borrowed.
 * @param indices Which images, integers from 0 to `dataset.size - 1`, at least one; repetitions are allowed.
 * @returns The tensors, owned by the caller.
 * @throws {TypeError} When the parts of `dataset` do not belong together.
 * @throws {RangeError} When an index is out of range or there is none.
 */
export function batchTensor(dataset: Dataset, indices: ArrayLike<number>): Batch {
  checkDataset("make a batch", dataset);
  checkIndices("make a batch", indices, dataset.size);
  return gatherTensors(dataset, indices);
}
