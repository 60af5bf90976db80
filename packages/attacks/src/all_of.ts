import { maximum, minimum, type Tensor1D } from "@tensorflow/tfjs-core";
import type { Criterion } from "./criterion.ts";

/**
 * The criterion that all of some criteria are met. Its margin is the smallest of theirs.
 *
 * It has no class to leave or to reach: gradient attacks raise its margin (`loss: "margin"`).
 *
 * @example Usage
 * ```ts
 * import { allOf, misclassification } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const criterion = allOf(misclassification([0]), misclassification([1])); // neither of the two
 * expect(criterion.isAdversarial([0, 3, 2], 0)).toBe(false);
 * expect(criterion.isAdversarial([0, 2, 3], 0)).toBe(true);
 * ```
 *
 * @param criteria Criteria for equally many examples, at least one; borrowed.
 * @returns The criterion, for as many examples, `[batch]`.
 * @throws {RangeError} When there are none.
 * @throws {TypeError} When they are for different numbers of examples.
 */
export function allOf(...criteria: readonly Criterion[]): Criterion {
  return combined(criteria, minimum, (holds) => criteria.every(holds), allOf);
}

/**
 * The criterion that at least one of some criteria is met. Its margin is the largest of theirs.
 *
 * It has no class to leave or to reach: gradient attacks raise its margin (`loss: "margin"`).
 *
 * @example Usage
 * ```ts
 * import { anyOf, targeted } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const criterion = anyOf(targeted([1]), targeted([2]));
 * expect(criterion.isAdversarial([0, 2, 3], 0)).toBe(true);
 * expect(criterion.isAdversarial([4, 2, 3], 0)).toBe(false);
 * ```
 *
 * @param criteria Criteria for equally many examples, at least one; borrowed.
 * @returns The criterion, for as many examples, `[batch]`.
 * @throws {RangeError} When there are none.
 * @throws {TypeError} When they are for different numbers of examples.
 */
export function anyOf(...criteria: readonly Criterion[]): Criterion {
  return combined(criteria, maximum, (holds) => criteria.some(holds), anyOf);
}

function combined(
  criteria: readonly Criterion[],
  pair: (a: Tensor1D, b: Tensor1D) => Tensor1D,
  decide: (holds: (criterion: Criterion) => boolean) => boolean,
  again: (...criteria: readonly Criterion[]) => Criterion,
): Criterion {
  const [first, ...others] = criteria;
  if (!first) throw new RangeError("Cannot make a criterion: criteria must hold a criterion but found none");
  const { size } = first;
  const wrong = others.find((criterion) => criterion.size !== size);
  if (wrong) {
    throw new TypeError(`Cannot make a criterion: criteria must be for ${size} examples but found ${wrong.size}`);
  }
  return {
    size,
    minClasses: Math.max(...criteria.map(({ minClasses }) => minClasses)),
    isAdversarial: (logits, example) => decide((criterion) => criterion.isAdversarial(logits, example)),
    margins: (logits) => criteria.map((criterion) => criterion.margins(logits)).reduce((a, b) => pair(a, b)),
    select: (examples) => again(...criteria.map((criterion) => criterion.select(examples))),
  };
}
