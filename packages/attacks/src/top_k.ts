import { add, argMax, mul, sub, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { checkPositiveInteger } from "./_check.ts";
import { BEYOND, classesNeeded, classIndices, hotRows, largestOther, logitOf, selectGoal } from "./_goal.ts";
import { oneHotOf } from "./_one_hot.ts";
import type { Criterion, Goal } from "./criterion.ts";

/**
 * The criterion that the label of an example is not among the `k` classes with the largest logits.
 *
 * Of equal logits the first counts as the larger. A row with a NaN is adversarial. The margin is the `k`-th largest logit of the other
 * classes minus that of the label.
 *
 * @example Usage
 * ```ts
 * import { topK } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const criterion = topK([0], 2);
 * expect(criterion.isAdversarial([1, 2, 0], 0)).toBe(false); // second
 * expect(criterion.isAdversarial([1, 2, 3], 0)).toBe(true); // third
 * ```
 *
 * @param labels The class of each example, `[batch]`; copied.
 * @param k Among how many classes the label must be, at least 1.
 * @returns The criterion, for as many examples as there are labels.
 * @throws {TypeError} When `labels` is no array.
 * @throws {RangeError} When there are no labels, one is not an integer of at least 0, or `k` is no positive integer.
 */
export function topK(labels: ArrayLike<number>, k: number): Criterion {
  const action = "make a criterion";
  checkPositiveInteger(action, "k", k);
  return leaving({ classes: classIndices(action, "labels", labels), targeted: false }, k);
}

function leaving(goal: Goal, k: number): Criterion {
  const { classes } = goal;

  function isAdversarial(logits: ArrayLike<number>, example: number): boolean {
    const label = classes[example]!;
    let ahead = 0;
    for (let c = 0; c < logits.length; c++) {
      if (Number.isNaN(logits[c])) return true;
      if (logits[c]! > logits[label]! || (logits[c] === logits[label] && c < label)) ahead += 1;
    }
    return ahead >= k;
  }

  function margins(logits: Tensor2D): Tensor1D {
    const hot = hotRows(classes, logits);
    let excluded = hot;
    for (let rank = 1; rank < k; rank++) {
      const next = oneHotOf(argMax(sub(logits, mul(excluded, BEYOND)), 1), logits.shape[1]);
      excluded = add(excluded, next);
    }
    return sub(largestOther(logits, excluded), logitOf(logits, hot));
  }

  return {
    size: classes.length,
    minClasses: Math.max(classesNeeded(classes), k + 1),
    goal,
    isAdversarial,
    margins,
    select: (examples) => leaving(selectGoal(goal, examples), k),
  };
}
