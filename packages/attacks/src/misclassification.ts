import type { Criterion } from "./criterion.ts";
import { topK } from "./top_k.ts";

/**
 * The criterion that an example is given another class than its label: what an attack that is not told otherwise looks for.
 *
 * `argmax_c z[c] != y`, where of equal logits the first counts. A row with a NaN is misclassified. The margin is
 * `max over c != y of z[c] - z[y]`. Attacks take labels in the place of this criterion.
 *
 * @example Usage
 * ```ts
 * import { misclassification } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const criterion = misclassification([2, 0]);
 * expect(criterion.isAdversarial([1, 0, 3], 0)).toBe(false);
 * expect(criterion.isAdversarial([1, 2, 0], 1)).toBe(true);
 * ```
 *
 * @param labels The class of each example, `[batch]`; copied.
 * @returns The criterion, for as many examples as there are labels.
 * @throws {TypeError} When `labels` is no array.
 * @throws {RangeError} When there are no labels, or one is not an integer of at least 0.
 */
export function misclassification(labels: ArrayLike<number>): Criterion {
  return topK(labels, 1);
}
