import type { Tensor } from "@tensorflow/tfjs-core";
import type { AttackLoss, Norm } from "./attack_options.ts";
import type { Labels } from "./labels.ts";

const NORMS: readonly Norm[] = ["linf", "l2"];
const LOSSES: readonly AttackLoss[] = ["crossEntropy", "margin"];

/** Throws unless `norm` is one that is implemented. */
export function checkNorm(action: string, norm: Norm): void {
  if (!NORMS.includes(norm)) throw new TypeError(`Cannot ${action}: norm must be "linf" or "l2" but found ${norm}`);
}

/** Throws unless `loss` is one that is implemented. */
export function checkLoss(action: string, loss: AttackLoss): void {
  if (!LOSSES.includes(loss)) {
    throw new TypeError(`Cannot ${action}: loss must be "crossEntropy" or "margin" but found ${loss}`);
  }
}

/** Throws unless `value` is a radius: finite and at least 0. */
export function checkEpsilon(action: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: epsilon must be finite and at least 0 but found ${value}`);
  }
}

/** Throws unless `value` is finite and above 0. */
export function checkPositive(action: string, name: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: ${name} must be finite and greater than 0 but found ${value}`);
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

/** Whether labels are a tensor. */
export function isTensor(labels: Labels): labels is Tensor {
  return "dataId" in labels;
}
