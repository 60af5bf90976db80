import { type Key, permutationValues } from "@jem-js/random";
import { checkDataset, checkInteger } from "./_check.ts";
import type { Dataset } from "./dataset.ts";
import { subset } from "./subset.ts";

/** Options of {@linkcode splitDataset}. */
export interface SplitDatasetOptions {
  /** How many images to hold out, from 1 to `dataset.size - 1`. */
  readonly validation: number;
}

/** The two parts of a dataset. */
export interface SplitDatasetResult {
  /** The images to train on. */
  readonly train: Dataset;
  /** The images held out. */
  readonly validation: Dataset;
}

/**
 * Holds out a random part of a dataset for validation. All choices of `validation` images are equally likely, whatever
 * their classes; within each part the images keep their order.
 *
 * @example Usage
 * ```ts
 * import { key } from "@jem-js/random";
 * import { type Dataset, splitDataset } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const labels = Int32Array.from({ length: 10 }, (_, i) => i);
 * const dataset: Dataset = { images: new Uint8Array(10), shape: [1, 1, 1], labels, size: 10 };
 * const { train, validation } = splitDataset(key(0), dataset, { validation: 3 });
 * expect([...train.labels, ...validation.labels].sort()).toEqual([...labels]);
 * ```
 *
 * @param key The key of the choice.
 * @param dataset The images; borrowed.
 * @param options How many to hold out.
 * @returns Two datasets with copies of the images and labels, disjoint and together complete.
 * @throws {TypeError} When `key` is not a key or the parts of `dataset` do not belong together.
 * @throws {RangeError} When `validation` leaves one of the parts empty.
 */
export function splitDataset(key: Key, dataset: Dataset, options: SplitDatasetOptions): SplitDatasetResult {
  checkDataset("split a dataset", dataset);
  checkInteger("split a dataset", "validation", options.validation, 1, dataset.size - 1);
  const order = permutationValues(key, dataset.size);
  return {
    train: subset(dataset, order.slice(options.validation).sort()),
    validation: subset(dataset, order.slice(0, options.validation).sort()),
  };
}
