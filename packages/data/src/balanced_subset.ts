import { type Key, permutationValues } from "@jem-js/random";
import { checkDataset, checkInteger } from "./_check.ts";
import type { Dataset } from "./dataset.ts";
import { subset } from "./subset.ts";

/** Options of {@linkcode balancedSubset}. */
export interface BalancedSubsetOptions {
  /** How many images of each class to take, at least 1. */
  readonly perClass: number;
  /** How many classes there are, at least 1. @default {the largest label + 1} */
  readonly classes?: number;
}

/**
 * Takes as many random images of each class: the labelled part of a semi-supervised task. All choices within a class are
 * equally likely; the images keep their order.
 *
 * The density is still learnt from all images: give the subset to the classifier alone. `batches` refuses a batch that is
 * larger than the subset.
 *
 * @example Usage
 * ```ts
 * import { key } from "@jem-js/random";
 * import { balancedSubset, type Dataset } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const labels = Int32Array.of(0, 1, 1, 0, 1, 0);
 * const dataset: Dataset = { images: new Uint8Array(6), shape: [1, 1, 1], labels, size: 6 };
 * const { labels: chosen } = balancedSubset(key(0), dataset, { perClass: 2 });
 * expect([...chosen].sort()).toEqual([0, 0, 1, 1]);
 * ```
 *
 * @param key The key of the choice.
 * @param dataset The images; borrowed.
 * @param options How many to take.
 * @returns A dataset of `perClass * classes` images with copies of them and their labels.
 * @throws {TypeError} When `key` is not a key or the parts of `dataset` do not belong together.
 * @throws {RangeError} When a class has fewer than `perClass` images, or a label is not one of `classes`.
 */
export function balancedSubset(key: Key, dataset: Dataset, options: BalancedSubsetOptions): Dataset {
  const action = "take a balanced subset";
  checkDataset(action, dataset);
  const { labels, size } = dataset;
  const { perClass, classes = labels.reduce((largest, label) => Math.max(largest, label), 0) + 1 } = options;
  checkInteger(action, "perClass", perClass, 1, size);
  checkInteger(action, "classes", classes, 1, size);
  const counts = new Int32Array(classes);
  const chosen = permutationValues(key, size).filter((index) => {
    const label = labels[index]!;
    checkInteger(action, "labels", label, 0, classes - 1);
    return ++counts[label]! <= perClass;
  });
  const short = counts.findIndex((count) => count < perClass);
  if (short >= 0) {
    throw new RangeError(
      `Cannot ${action}: class ${short} must have at least ${perClass} images but found ${counts[short]}`,
    );
  }
  return subset(dataset, chosen.sort());
}
