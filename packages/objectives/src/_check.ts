import type { Tensor } from "@tensorflow/tfjs-core";

/** Throws when a batch has no examples: its mean would be NaN. */
export function checkNotEmpty(name: string, batch: number | undefined): void {
  if (batch === 0) throw new TypeError(`Cannot compute the loss: ${name} is empty`);
}

/** Throws unless every weight is a finite number of at least 0. */
export function checkWeights(weights: Record<string, number>): void {
  for (const [name, value] of Object.entries(weights)) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new RangeError(`Cannot compute the loss: ${name} must be at least 0 but found ${value}`);
    }
  }
}

/** Throws unless `value` is a finite number above 0. */
export function checkPositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(`Cannot compute the loss: ${name} must be greater than 0 but found ${value}`);
  }
}

/** Throws unless `value` is a positive integer. */
export function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`Cannot compute the loss: ${name} must be a positive integer but found ${value}`);
  }
}

/** Throws unless two batches hold equally many examples. */
export function checkSameCount(name: string, actual: Tensor, otherName: string, other: Tensor): void {
  if (actual.shape[0] !== other.shape[0]) {
    throw new TypeError(
      `Cannot compute the loss: ${name} must be as many as ${otherName}, ${other.shape[0]}, but found ${actual.shape[0]}`,
    );
  }
}

/** Throws unless two tensors have the same shape. */
export function checkSameShape(name: string, actual: Tensor, otherName: string, other: Tensor): void {
  if (actual.rank !== other.rank || actual.shape.some((side, i) => side !== other.shape[i])) {
    throw new TypeError(
      `Cannot compute the loss: ${name} must have the shape of ${otherName} [${other.shape.join(", ")}] ` +
        `but found [${actual.shape.join(", ")}]`,
    );
  }
}
