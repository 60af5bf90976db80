import { sub } from "@tensorflow/tfjs-core";
import { classesNeeded, classIndices, hotRows, largestOther, logitOf, selectGoal } from "./_goal.ts";
import type { Criterion, Goal } from "./criterion.ts";

/**
 * The criterion that an example is given the class that was chosen for it.
 *
 * `argmax_c z[c] == t`, where of equal logits the first counts. A row with a NaN is not adversarial. The margin is
 * `z[t] - max over c != t of z[c]`.
 *
 * @example Usage
 * ```ts
 * import { targeted } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const criterion = targeted([2, 0]);
 * expect(criterion.isAdversarial([1, 0, 3], 0)).toBe(true);
 * expect(criterion.isAdversarial([1, 2, 0], 1)).toBe(false);
 * ```
 *
 * @param classes The class that each example is to be given, `[batch]`; copied.
 * @returns The criterion, for as many examples as there are classes.
 * @throws {TypeError} When `classes` is no array.
 * @throws {RangeError} When there are no classes, or one is not an integer of at least 0.
 */
export function targeted(classes: ArrayLike<number>): Criterion {
  return reaching({ classes: classIndices("make a criterion", "classes", classes), targeted: true });
}

function reaching(goal: Goal): Criterion {
  const { classes } = goal;
  return {
    size: classes.length,
    minClasses: classesNeeded(classes),
    goal,
    isAdversarial: (logits, example) => {
      const target = classes[example]!;
      for (let c = 0; c < logits.length; c++) {
        // A comparison with NaN is false.
        if (c !== target && !(c < target ? logits[c]! < logits[target]! : logits[c]! <= logits[target]!)) return false;
      }
      return true;
    },
    margins: (logits) => {
      const hot = hotRows(classes, logits);
      return sub(logitOf(logits, hot), largestOther(logits, hot));
    },
    select: (examples) => reaching(selectGoal(goal, examples)),
  };
}
