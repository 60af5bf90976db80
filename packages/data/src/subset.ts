import { checkDataset, checkIndices, checkInteger } from "./_check.ts";
import { gatherRows } from "./_gather.ts";
import type { Dataset } from "./dataset.ts";

/**
 * Copies some images of a dataset into a new one.
 *
 * @example Usage
 * ```ts
 * import { type Dataset, subset } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const dataset: Dataset = { images: Uint8Array.of(7, 8, 9), shape: [1, 1, 1], labels: Int32Array.of(0, 1, 2), size: 3 };
 * expect([...subset(dataset, 2).images]).toEqual([7, 8]);
 * expect([...subset(dataset, [2, 0]).labels]).toEqual([2, 0]);
 * ```
 *
 * @param dataset The images; borrowed.
 * @param selection How many images to take from the beginning, or the indices of those to take, in order; repetitions
 * are allowed.
 * @returns A dataset with copies of the images and labels.
 * @throws {TypeError} When the parts of `dataset` do not belong together or `selection` is neither.
 * @throws {RangeError} When the count or an index is out of range, or there is no index.
 */
export function subset(dataset: Dataset, selection: number | ArrayLike<number>): Dataset {
  const action = "take a subset";
  checkDataset(action, dataset);
  const { images, shape, labels, size } = dataset;
  const width = shape[0] * shape[1] * shape[2];
  if (typeof selection === "number") {
    checkInteger(action, "count", selection, 1, size);
    // Copied by the constructor: the `slice` of Node's Buffer, which is a Uint8Array, does not copy.
    const pixels = images.subarray(0, selection * width);
    return {
      images: pixels instanceof Uint8Array ? new Uint8Array(pixels) : new Float32Array(pixels),
      shape,
      labels: labels.slice(0, selection),
      size: selection,
    };
  }
  checkIndices(action, selection, size);
  const pixels = selection.length * width;
  return {
    images:
      images instanceof Uint8Array
        ? gatherRows(images, new Uint8Array(pixels), selection, width)
        : gatherRows(images, new Float32Array(pixels), selection, width),
    shape,
    labels: gatherRows(labels, new Int32Array(selection.length), selection, 1),
    size: selection.length,
  };
}
