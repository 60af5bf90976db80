import type { Tensor } from "@tensorflow/tfjs-core";
import type { Dataset } from "./dataset.ts";

/** Throws unless `value` is an integer from `minimum` to `maximum`. */
export function checkInteger(
  action: string,
  name: string,
  value: number,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(
      `Cannot ${action}: ${name} must be an integer from ${minimum} to ${maximum} but found ${String(value)}`,
    );
  }
}

/** Throws unless `range` is a pair of finite numbers, the first below the second. */
export function checkRange(action: string, name: string, range: readonly [number, number]): void {
  if (!Array.isArray(range) || range.length !== 2) {
    throw new TypeError(`Cannot ${action}: ${name} must be [minimum, maximum] but found ${String(range)}`);
  }
  const [minimum, maximum] = range;
  if (!(Number.isFinite(minimum) && Number.isFinite(maximum) && minimum < maximum)) {
    throw new RangeError(
      `Cannot ${action}: ${name} must be two finite numbers, the first below the second, but found [${range.join(", ")}]`,
    );
  }
}

/** Throws unless the parts of `dataset` belong together. Looks at lengths, not at values. */
export function checkDataset(action: string, dataset: Dataset): void {
  const { images, shape, labels, size } = dataset;
  checkInteger(action, "dataset.size", size, 1);
  if (!Array.isArray(shape) || shape.length !== 3 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw new TypeError(
      `Cannot ${action}: dataset.shape must be [height, width, channels] but found ${JSON.stringify(shape)}`,
    );
  }
  if (!(images instanceof Uint8Array || images instanceof Float32Array)) {
    throw new TypeError(`Cannot ${action}: dataset.images must be a Uint8Array or a Float32Array`);
  }
  const pixels = size * shape[0] * shape[1] * shape[2];
  if (images.length !== pixels) {
    throw new TypeError(
      `Cannot ${action}: dataset.images must have ${pixels} values for ${size} images of [${shape.join(", ")}] ` +
        `but found ${images.length}`,
    );
  }
  if (!(labels instanceof Int32Array) || labels.length !== size) {
    throw new TypeError(
      `Cannot ${action}: dataset.labels must be an Int32Array of ${size} labels but found ${labels?.length}`,
    );
  }
}

/** Throws unless every index is an integer in `[0, size)`. */
export function checkIndices(action: string, indices: ArrayLike<number>, size: number): void {
  if (typeof indices?.length !== "number") {
    throw new TypeError(`Cannot ${action}: indices must be an array but found ${String(indices)}`);
  }
  if (indices.length === 0) {
    throw new RangeError(`Cannot ${action}: indices must have at least 1 entry but found 0`);
  }
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw new RangeError(
        `Cannot ${action}: indices must be integers from 0 to ${size - 1} but found ${String(index)} at ${i}`,
      );
    }
  }
}

/** Throws unless `x` is a batch of float32 images. */
export function checkImages(action: string, x: Tensor): void {
  if (x.rank !== 4 || x.dtype !== "float32" || x.size === 0) {
    throw new TypeError(
      `Cannot ${action}: x must be float32 [batch, height, width, channels] but found ${x.dtype} [${x.shape.join(", ")}]`,
    );
  }
}

/** Throws unless `shape` is the shape of a batch of images. */
export function checkImageShape(action: string, shape: readonly number[]): void {
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw new TypeError(
      `Cannot ${action}: shape must be [batch, height, width, channels] but found ${JSON.stringify(shape)}`,
    );
  }
}

/** Throws unless `value` is a finite number above 0. */
export function checkPositive(action: string, name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(`Cannot ${action}: ${name} must be a finite number greater than 0 but found ${String(value)}`);
  }
}

/** Throws unless `value` is a number from `minimum` to `maximum`. */
export function checkBetween(action: string, name: string, value: number, minimum: number, maximum: number): void {
  if (!(value >= minimum && value <= maximum)) {
    throw new RangeError(`Cannot ${action}: ${name} must be from ${minimum} to ${maximum} but found ${String(value)}`);
  }
}

/** Throws unless `bytes` is a Uint8Array. */
export function checkBytes(action: string, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`Cannot ${action}: bytes must be a Uint8Array but found ${typeof bytes}`);
  }
}
