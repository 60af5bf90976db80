import { max, mul, sub, sum, type Tensor1D, type Tensor2D, tensor1d } from "@tensorflow/tfjs-core";
import { oneHotOf } from "./_one_hot.ts";
import type { Criterion, Goal } from "./criterion.ts";
import type { Labels } from "./labels.ts";

/** More than any logit: what takes a class out of a maximum. */
export const BEYOND = 1e30;

/** Whether what an attack was given is a criterion, and not labels. */
export function isCriterion(value: Criterion | Labels): value is Criterion {
  return typeof (value as Criterion | undefined)?.isAdversarial === "function";
}

/** Copies class indices; throws unless they are some, integers and at least 0. */
export function classIndices(action: string, name: string, classes: ArrayLike<number>): Int32Array {
  const count = classes?.length;
  if (typeof count !== "number") {
    throw new TypeError(`Cannot ${action}: ${name} must be an array of class indices but found ${typeof classes}`);
  }
  if (count === 0) throw new RangeError(`Cannot ${action}: ${name} must hold a class index but found none`);
  for (let i = 0; i < count; i++) {
    if (!Number.isInteger(classes[i]) || classes[i]! < 0) {
      throw new RangeError(`Cannot ${action}: ${name} must be integers of at least 0 but found ${classes[i]} at ${i}`);
    }
  }
  return Int32Array.from(classes);
}

/** How many classes these indices need. */
export function classesNeeded(classes: Int32Array): number {
  return classes.reduce((most, one) => Math.max(most, one + 1), 2);
}

/** The goal of some of the examples. */
export function selectGoal({ classes, targeted }: Goal, examples: readonly number[]): Goal {
  return { classes: Int32Array.from(examples, (i) => classes[i]!), targeted };
}

/** The class indices as one-hot rows, `[batch, classes]`. */
export function hotRows(classes: Int32Array, logits: Tensor2D): Tensor2D {
  return oneHotOf(tensor1d(classes, "int32"), logits.shape[1]);
}

/** The logit of one class of each row, given as one-hot rows, `[batch]`. */
export function logitOf(logits: Tensor2D, hot: Tensor2D): Tensor1D {
  return sum(mul(logits, hot), 1);
}

/** The largest logit of the classes that are not marked in `hot`, `[batch]`. */
export function largestOther(logits: Tensor2D, hot: Tensor2D): Tensor1D {
  return max(sub(logits, mul(hot, BEYOND)), 1);
}
