import { type Tensor1D, type Tensor4D, tensor1d, tensor4d } from "@tensorflow/tfjs-core";
import type { Dataset } from "./dataset.ts";
import { scalePixels } from "./scale_pixels.ts";

/** Copies the rows `indices` of `source`, each of `width` values. */
export function gatherRows<T extends Uint8Array | Float32Array | Int32Array>(
  source: T,
  target: T,
  indices: ArrayLike<number>,
  width: number,
): T {
  for (let i = 0; i < indices.length; i++) {
    const start = indices[i]! * width;
    target.set(source.subarray(start, start + width), i * width);
  }
  return target;
}

/** The images and labels at `indices`, which must be valid, as tensors. */
export function gatherTensors(dataset: Dataset, indices: ArrayLike<number>): { x: Tensor4D; labels: Tensor1D } {
  const { images, shape, labels } = dataset;
  const width = shape[0] * shape[1] * shape[2];
  const pixels = new Float32Array(indices.length * width);
  if (images instanceof Uint8Array) {
    const values = scalePixels(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    for (let i = 0, to = 0; i < indices.length; i++) {
      const start = indices[i]! * width;
      for (let from = start; from < start + width; from++) pixels[to++] = values[images[from]!]!;
    }
  } else {
    gatherRows(images, pixels, indices, width);
  }
  return {
    x: tensor4d(pixels, [indices.length, ...shape], "float32"),
    labels: tensor1d(gatherRows(labels, new Int32Array(indices.length), indices, 1), "int32"),
  };
}
