import { foldIn, type Key } from "@jem-js/random";
import { all, dispose, greaterEqual, lessEqual, logicalAnd, max, min, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { isCriterion } from "./_goal.ts";
import type { AttackLoss, Norm } from "./attack_options.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";

const NORMS: readonly Norm[] = ["linf", "l2", "l1"];
const LOSSES: readonly AttackLoss[] = ["crossEntropy", "margin", "dlr"];

/** Throws unless `value` is one of `choices`. */
export function checkChoice(action: string, name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  const quoted = choices.map((choice) => `"${choice}"`);
  const expected = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  throw new TypeError(`Cannot ${action}: ${name} must be ${expected} but found ${value}`);
}

/** Throws unless `norm` is one that is implemented. */
export function checkNorm(action: string, norm: Norm): void {
  checkChoice(action, "norm", norm, NORMS);
}

/** Throws unless `loss` is one that is implemented. */
export function checkLoss(action: string, loss: AttackLoss): void {
  checkChoice(action, "loss", loss, LOSSES);
}

/** Throws unless `value` is finite and at least 0. */
export function checkNonNegative(action: string, name: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: ${name} must be finite and at least 0 but found ${value}`);
  }
}

/** Throws unless `value` is a radius. */
export function checkEpsilon(action: string, value: number): void {
  checkNonNegative(action, "epsilon", value);
}

/** Throws unless the attack is told which classes to leave or to reach. */
export function checkGoal(action: string, criterion: Criterion | Labels): void {
  if (isCriterion(criterion) && !criterion.goal) {
    throw new TypeError(`Cannot ${action}: criterion must be about a class to leave or to reach but found no goal`);
  }
}

/** Throws unless `value` is finite and above 0. */
export function checkPositive(action: string, name: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: ${name} must be finite and greater than 0 but found ${value}`);
  }
}

/** Throws unless `value` is from 0 to 1. */
export function checkFraction(action: string, name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`Cannot ${action}: ${name} must be from 0 to 1 but found ${value}`);
  }
}

/** Throws unless `value` is an integer above 0. */
export function checkPositiveInteger(action: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`Cannot ${action}: ${name} must be a positive integer but found ${value}`);
  }
}

/** Throws unless `bounds` are two finite numbers in ascending order. */
export function checkBounds(action: string, bounds: readonly [number, number]): void {
  if (bounds.length !== 2 || !bounds.every(Number.isFinite) || !(bounds[0] < bounds[1])) {
    throw new RangeError(
      `Cannot ${action}: bounds must be two finite numbers, low below high, but found [${bounds.join(", ")}]`,
    );
  }
}

/** Throws unless `x` is a float32 tensor `[batch, ...input]`. */
export function checkInputs(action: string, x: Tensor): void {
  if (!Array.isArray(x?.shape)) throw new TypeError(`Cannot ${action}: x must be a tensor but found ${typeof x}`);
  if (x.rank < 2) {
    throw new TypeError(`Cannot ${action}: x must be [batch, ...input] but found [${x.shape.join(", ")}]`);
  }
  if (x.dtype !== "float32") throw new TypeError(`Cannot ${action}: x must be float32 but found ${x.dtype}`);
}

/** Throws unless there is one label an example, and a tensor of labels is int32. */
export function checkLabels(action: string, labels: Labels, batch: number): void {
  const shape = isTensor(labels) ? labels.shape : [labels.length];
  if (shape.length !== 1 || shape[0] !== batch) {
    throw new TypeError(`Cannot ${action}: labels must be [${batch}] but found [${shape.join(", ")}]`);
  }
  if (isTensor(labels) && labels.dtype !== "int32") {
    throw new TypeError(`Cannot ${action}: labels must be int32 class indices but found ${labels.dtype}`);
  }
}

/** Throws unless every label is a class. */
export function checkLabelRange(action: string, labels: ArrayLike<number>, classes: number): void {
  const wrong = Array.from(labels).findIndex((y) => !Number.isInteger(y) || y < 0 || y >= classes);
  if (wrong !== -1) {
    throw new RangeError(
      `Cannot ${action}: labels must be integers from 0 to ${classes - 1} but found ${labels[wrong]} at ${wrong}`,
    );
  }
}

/** Throws unless other classes than that of the label can be reached for, this many. */
export function checkTargetClasses(action: string, criterion: Criterion | Labels, count: number): void {
  checkPositiveInteger(action, "targetClasses", count);
  if (isCriterion(criterion) && criterion.goal?.targeted) {
    throw new TypeError(`Cannot ${action}: targetClasses must not be given with classes to reach but found ${count}`);
  }
}

/** Throws unless the classifier has the classes that the criterion speaks of. */
export function checkClasses(action: string, { minClasses }: Criterion, classes: number): void {
  if (classes < minClasses) {
    throw new RangeError(
      `Cannot ${action}: logits must have at least ${minClasses} classes for this criterion but found ${classes}`,
    );
  }
}

/** Throws unless `value` is a radius, or one for each example. */
export function checkEpsilons(action: string, value: number | ArrayLike<number>, batch: number): void {
  if (typeof value === "number") {
    checkEpsilon(action, value);
    return;
  }
  if (value.length !== batch) {
    throw new TypeError(`Cannot ${action}: epsilon must be a number or ${batch} numbers but found ${value.length}`);
  }
  for (const epsilon of Array.from(value)) checkEpsilon(action, epsilon);
}

/** Throws unless `key` is a key, or there is one for each example. */
export function checkKeys(action: string, key: Key | readonly Key[], batch: number): void {
  if (isKeys(key) && key.length !== batch) {
    throw new TypeError(`Cannot ${action}: key must be a key or ${batch} keys but found ${key.length}`);
  }
  for (const one of isKeys(key) ? key : [key]) foldIn(one, 0); // throws on what is no key
}

/** Whether these are the keys of examples, and not one key. */
export function isKeys(key: Key | readonly Key[]): key is readonly Key[] {
  return Array.isArray((key as readonly unknown[])[0]);
}

/** Whether labels are a tensor. */
export function isTensor(labels: Labels): labels is Tensor {
  return "dataId" in labels;
}

/** Reads `x` and throws unless all of it lies in `bounds`, which NaN does not. */
export async function checkInsideBounds(
  action: string,
  x: Tensor,
  [low, high]: readonly [number, number],
): Promise<void> {
  const found = tidy(() => ({
    inside: all(logicalAnd(greaterEqual(x, low), lessEqual(x, high))),
    smallest: min(x),
    largest: max(x),
  }));
  try {
    const [inside] = await found.inside.data();
    if (inside) return;
    const [[smallest], [largest]] = await Promise.all([found.smallest.data(), found.largest.data()]);
    throw new RangeError(
      `Cannot ${action}: x must lie in the bounds [${low}, ${high}] but found values from ${smallest} to ${largest}`,
    );
  } finally {
    dispose(found);
  }
}
