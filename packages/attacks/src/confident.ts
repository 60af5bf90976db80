import { argMax, logSumExp, minimum, mul, sub, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { BEYOND, hotRows, logitOf } from "./_goal.ts";
import { oneHotOf } from "./_one_hot.ts";
import type { Criterion, Goal } from "./criterion.ts";

/**
 * The criterion that another one is met and that the classifier is sure of its answer.
 *
 * `max_c softmax(z)[c] >= probability`, and what `criterion` asks for. For the class `r` to reach, or the likeliest but the
 * one to leave, the margin is the smaller of that of `criterion` and
 * `z[r] - logsumexp over c != r of z[c] - log(probability / (1 - probability))`.
 *
 * @example Usage
 * ```ts
 * import { confident, misclassification } from "@jem-js/attacks";
 * import { expect } from "vitest";
 *
 * const criterion = confident(misclassification([0]), 0.9);
 * expect(criterion.isAdversarial([0, 1], 0)).toBe(false); // 0.73
 * expect(criterion.isAdversarial([0, 3], 0)).toBe(true); // 0.95
 * ```
 *
 * @param criterion What is asked for beside: the result of `misclassification`, `targeted` or `topK`; borrowed.
 * @param probability The probability that the answer must have, a scalar between 0 and 1.
 * @returns The criterion, for as many examples as `criterion`.
 * @throws {TypeError} When `criterion` is not about a class to leave or to reach.
 * @throws {RangeError} When `probability` is not above 0 and below 1.
 */
export function confident(criterion: Criterion, probability: number): Criterion {
  const { goal } = criterion;
  if (!goal) {
    throw new TypeError(
      "Cannot make a criterion: confident() must be given one with a goal, such as misclassification(), but found none",
    );
  }
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`Cannot make a criterion: probability must be above 0 and below 1 but found ${probability}`);
  }
  return {
    ...criterion,
    isAdversarial: (logits, example) =>
      criterion.isAdversarial(logits, example) && largestProbability(logits) >= probability,
    margins: (logits) => minimum(criterion.margins(logits), sub(logOddsOfGoal(goal, logits), logOdds(probability))),
    select: (examples) => confident(criterion.select(examples), probability),
  };
}

function logOdds(probability: number): number {
  return Math.log(probability) - Math.log1p(-probability);
}

/** The log-odds of the class to reach, or of the likeliest of those that are not to be left, `[batch]`. */
function logOddsOfGoal({ classes, targeted }: Goal, logits: Tensor2D): Tensor1D {
  const goal = hotRows(classes, logits);
  const hot = targeted ? goal : oneHotOf(argMax(sub(logits, mul(goal, BEYOND)), 1), logits.shape[1]);
  return sub(logitOf(logits, hot), logSumExp(sub(logits, mul(hot, BEYOND)), 1));
}

/** The largest of the softmax, NaN where a logit is. */
function largestProbability(logits: ArrayLike<number>): number {
  const row = Array.from(logits);
  const largest = Math.max(...row);
  return 1 / row.reduce((total, value) => total + Math.exp(value - largest), 0);
}
