import { batchTensor, type Dataset } from "@jem-js/data";
import * as tf from "@tensorflow/tfjs";

/** Rows of numbers, row-major: logits, probabilities, features. */
export interface Rows {
  readonly data: Float32Array;
  readonly shape: readonly [count: number, width: number];
}

/** Images as they are fed to networks: of a dataset the first `count`, or a tensor. */
export type Images = { readonly dataset: Dataset; readonly count: number } | tf.Tensor4D;

/** Applies a function to images batch by batch and reads its rows; what it returns is disposed. */
export async function readRows(images: Images, rowsOf: (x: tf.Tensor4D) => tf.Tensor, batchSize = 100): Promise<Rows> {
  const count = images instanceof tf.Tensor ? images.shape[0] : Math.min(images.count, images.dataset.size);
  const parts: Float32Array[] = [];
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    const rows = tf.tidy(() => rowsOf(take(images, start, size)));
    parts.push(await rows.data<"float32">());
    rows.dispose();
  }
  const width = parts.reduce((sum, part) => sum + part.length, 0) / count;
  const data = new Float32Array(count * width);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { data, shape: [count, width] };
}

function take(images: Images, start: number, size: number): tf.Tensor4D {
  if (images instanceof tf.Tensor) return tf.slice(images, start, size);
  return batchTensor(
    images.dataset,
    Int32Array.from({ length: size }, (_, i) => start + i),
  ).x as tf.Tensor4D;
}
