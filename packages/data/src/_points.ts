import { type Tensor1D, type Tensor2D, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import type { ToySample } from "./toy_density.ts";

/** Throws unless `x` is a batch of points of `dimensions` coordinates. */
export function checkPoints(x: Tensor2D, dimensions: number): void {
  if (x.rank !== 2 || x.shape[1] !== dimensions || x.dtype !== "float32") {
    throw new TypeError(
      `Cannot evaluate a toy density: x must be float32 [batch, ${dimensions}] but found ${x.dtype} [${x.shape.join(", ")}]`,
    );
  }
}

/** Throws unless `count` is a number of points to draw. */
export function checkCount(count: number): void {
  checkInteger("sample a toy density", "count", count, 1);
}

/** Points and labels as tensors. */
export function toSample(values: Float32Array, dimensions: number, labels: Int32Array): ToySample {
  const x: Tensor2D = tensor2d(values, [labels.length, dimensions], "float32");
  const classes: Tensor1D = tensor1d(labels, "int32");
  return { x, labels: classes };
}
