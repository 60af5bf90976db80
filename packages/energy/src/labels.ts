import { cast, oneHot, type Tensor, type Tensor2D, tensor1d, tidy } from "@tensorflow/tfjs-core";

/** Class indices, one an example: an int32 tensor `[batch]` or a plain or typed array. */
export type Labels = Tensor | ArrayLike<number>;

/**
 * Checks labels and encodes them as a one-hot tensor, so that `sum(f(x) * oneHot, 1)` selects `f(x)[y]` with a gradient
 * on every backend (`gather` has none on wasm).
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { oneHotLabels } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const encoded = oneHotLabels("compute the loss", [1], 1, 3);
 * expect([...(await encoded.data())]).toEqual([0, 1, 0]);
 * encoded.dispose();
 * ```
 *
 * @param action What the labels are for, as it stands in an error: "Cannot compute the loss: labels must be ...".
 * @param labels Class indices, `[batch]`, borrowed.
 * @param batch How many there must be.
 * @param classes How many classes there are.
 * @returns A float32 tensor `[batch, classes]`, owned by the caller.
 * @throws {TypeError} When there are not `batch` labels, or a tensor of labels is not int32 of rank 1.
 * @throws {RangeError} When a label of an array is not an integer from 0 to `classes - 1`. A tensor's values are not read.
 */
export function oneHotLabels(action: string, labels: Labels, batch: number, classes: number): Tensor2D {
  if (isTensor(labels)) {
    if (labels.rank !== 1 || labels.shape[0] !== batch) {
      throw new TypeError(`Cannot ${action}: labels must be [${batch}] but found [${labels.shape.join(", ")}]`);
    }
    if (labels.dtype !== "int32") {
      throw new TypeError(`Cannot ${action}: labels must be int32 class indices but found ${labels.dtype}`);
    }
    return encode(labels, classes);
  }
  if (labels.length !== batch) {
    throw new TypeError(`Cannot ${action}: labels must be [${batch}] but found [${labels.length}]`);
  }
  const wrong = Array.from(labels).findIndex((y) => !Number.isInteger(y) || y < 0 || y >= classes);
  if (wrong !== -1) {
    throw new RangeError(
      `Cannot ${action}: labels must be integers from 0 to ${classes - 1} but found ${labels[wrong]} at ${wrong}`,
    );
  }
  return tidy(() => encode(tensor1d(Array.from(labels), "int32"), classes));
}

// Cast apart: a float32 one-hot tensor of the wasm backend holds the bits of integers.
function encode(labels: Tensor, classes: number): Tensor2D {
  return tidy(() => cast(oneHot(labels, classes), "float32") as Tensor2D);
}

function isTensor(value: Labels): value is Tensor {
  return "dataId" in value;
}
