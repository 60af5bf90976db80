import { batchTensor, type Dataset } from "@jem-js/data";
import { foldIn, type Key, uniform } from "@jem-js/random";
import { conditional, type Kernel, run, type ScoreModel } from "@jem-js/samplers";
import * as tf from "@tensorflow/tfjs";

/** Which pixels of an image are missing. */
export interface Mask {
  readonly name: string;
  /** 1 where a value is missing, `[height * width * channels]`. */
  readonly missing: Uint8Array;
}

/** The lower half, and a square in the middle of half the side. */
export function masksOf([height, width, channels]: readonly [number, number, number]): Mask[] {
  const mask = (name: string, isMissing: (row: number, column: number) => boolean): Mask => ({
    name,
    missing: Uint8Array.from({ length: height * width * channels }, (_, i) => {
      const pixel = Math.floor(i / channels);
      return Number(isMissing(Math.floor(pixel / width), pixel % width));
    }),
  });
  const isInside = (at: number, side: number): boolean => at >= side / 4 && at < (3 * side) / 4;
  return [
    mask("lower half", (row) => row >= height / 2),
    mask("square", (row, column) => isInside(row, height) && isInside(column, width)),
  ];
}

/** How missing pixels are sampled. */
export interface ImputeOptions {
  readonly key: Key;
  /** The kernel for a model of the missing pixels. */
  readonly kernelOf: (model: ScoreModel) => Kernel;
  readonly steps: number;
  /** How many chains each image has, each from noise of its own. */
  readonly starts: number;
  readonly batchSize?: number;
}

/** Samples what is missing of images given the rest; of each start the values of all images, `[n * height * width * channels]`. */
export async function impute(
  head: ScoreModel,
  x: tf.Tensor4D,
  mask: Mask,
  options: ImputeOptions,
): Promise<Float32Array[]> {
  const { key, kernelOf, steps, starts, batchSize = 100 } = options;
  const [count] = x.shape;
  const known = tf.tidy(() => tf.equal(tf.tensor(mask.missing, x.shape.slice(1), "int32"), 0));
  const results = Array.from({ length: starts }, () => new Float32Array(x.size));
  for (const [start, result] of results.entries()) {
    for (let at = 0; at < count; at += batchSize) {
      const values = tf.slice(x, at, Math.min(batchSize, count - at));
      const model = conditional(head, { values, known });
      const place = foldIn(foldIn(key, start), at);
      const noise = uniform(foldIn(place, 0), values.shape, { min: -1, max: 1 });
      const end = run(kernelOf(model), noise, { key: foldIn(place, 1), steps });
      const imputed = model.complete(end.x);
      result.set(await imputed.data(), at * mask.missing.length);
      tf.dispose([values, noise, end.x, imputed]);
    }
  }
  known.dispose();
  return results;
}

/** For each of images `x` the one of `dataset` that is nearest in the known pixels: its values. */
export async function nearestImages(x: tf.Tensor4D, dataset: Dataset, { missing }: Mask): Promise<Float32Array> {
  const [count, width] = [x.shape[0], missing.length];
  const best = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const nearest = new Float32Array(count * width);
  for (let start = 0; start < dataset.size; start += 5000) {
    const size = Math.min(5000, dataset.size - start);
    const { x: images, labels } = batchTensor(
      dataset,
      Int32Array.from({ length: size }, (_, i) => start + i),
    );
    const [smallest, which] = tf.tidy(() => {
      const known = tf.sub(1, tf.tensor1d(Float32Array.from(missing)));
      const rows: tf.Tensor2D = tf.mul(tf.reshape(images, [size, width]), known);
      const queries: tf.Tensor2D = tf.mul(tf.reshape(x, [count, width]), known);
      // |q - r|^2 but for |q|^2, which is the same for all rows.
      const distance = tf.sub(tf.sum(tf.square(rows), 1), tf.mul(tf.matMul(queries, rows, false, true), 2));
      return [tf.min(distance, 1), tf.argMin(distance, 1)];
    });
    const [distances, rows, values] = await Promise.all([smallest!.data(), which!.data(), images.data()]);
    for (let i = 0; i < count; i++) {
      if (distances[i]! >= best[i]!) continue;
      best[i] = distances[i]!;
      nearest.set(values.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
    }
    tf.dispose([images, labels, smallest!, which!]);
  }
  return nearest;
}

/** Images with the values of `filler` where theirs are missing: of as many images, or of one for all. */
export function fill(images: Float32Array, filler: Float32Array, { missing }: Mask): Float32Array {
  const width = missing.length;
  return images.map((value, i) => (missing[i % width] ? filler[filler.length === width ? i % width : i]! : value));
}

/** The mean of several lists of values, one by one. */
export function meanOf(lists: readonly Float32Array[]): Float32Array {
  return lists[0]!.map((_, i) => lists.reduce((sum, values) => sum + values[i]!, 0) / lists.length);
}

/** The mean image of a dataset, as networks see it. */
export function meanImage({ images, shape, size }: Dataset): Float32Array {
  const width = shape[0] * shape[1] * shape[2];
  const sums = new Float64Array(width);
  for (let i = 0; i < size * width; i++) sums[i % width]! += images[i]!;
  const isBytes = images instanceof Uint8Array;
  return Float32Array.from(sums, (sum) => (isBytes ? (2 * sum) / size / 255 - 1 : sum / size));
}

/** The root mean square error over all missing values. */
export function missingError(found: Float32Array, truth: Float32Array, { missing }: Mask): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (!missing[i % missing.length]) continue;
    sum += (found[i]! - truth[i]!) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
}
