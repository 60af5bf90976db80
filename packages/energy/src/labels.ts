import { oneHot, type Tensor, type Tensor2D, tensor1d } from "@tensorflow/tfjs-core";

/** Class indices, one an example: an int32 tensor `[batch]` or a plain or typed array. */
export type Labels = Tensor | ArrayLike<number>;

/**
 * Labels as a one-hot float32 tensor `[batch, classes]`. Selecting `f(x)[y]` by a product with it has a gradient on
 * every backend; `gather` has none on wasm.
 */
export function oneHotLabels(action: string, labels: Labels, batch: number, classes: number): Tensor2D {
  if (isTensor(labels)) {
    if (labels.rank !== 1 || labels.shape[0] !== batch) {
      throw new TypeError(`Cannot ${action}: labels must be [${batch}] but found [${labels.shape.join(", ")}]`);
    }
    if (labels.dtype !== "int32") {
      throw new TypeError(`Cannot ${action}: labels must be int32 class indices but found ${labels.dtype}`);
    }
    return oneHot(labels, classes, 1, 0, "float32") as Tensor2D;
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
  return oneHot(tensor1d(Array.from(labels), "int32"), classes, 1, 0, "float32") as Tensor2D;
}

function isTensor(value: Labels): value is Tensor {
  return "dataId" in value;
}
