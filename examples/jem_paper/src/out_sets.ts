import { batchTensor, type Dataset, interpolateImages, noiseImages, rotateImages } from "@jem-js/data";
import { loadDataset } from "@jem-js/data/node";
import { foldIn } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import type { Context } from "./context.ts";
import { readParts } from "./data.ts";

/** Images to be told apart from others, all tensors `[images, height, width, channels]`. */
export interface OutSets {
  /** Test images as they are. */
  readonly inside: tf.Tensor4D;
  /** What is not of the distribution, by name. */
  readonly outside: Readonly<Record<string, tf.Tensor4D>>;
  dispose(): void;
}

/** Half of the test images as they are, and sets of as many: of other datasets, and made from the other half. */
export async function outSets(context: Context): Promise<OutSets> {
  const { data, effort, key } = context;
  const count = Math.floor(Math.min(effort.images, data.test.size) / 2);
  const inside = imagesOf(data.test, 0, count);
  const rest = imagesOf(data.test, count, count);
  const others: Record<string, tf.Tensor4D> = {};
  for (const [name, dataset] of Object.entries(await otherDatasets(context))) {
    others[name] = imagesOf(dataset, 0, Math.min(count, dataset.size));
  }
  const outside = {
    ...others,
    interpolated: interpolateImages(foldIn(key, 1), rest),
    rotated: rotateImages(rest, { degrees: 90 }),
    noise: noiseImages(foldIn(key, 2), [count, ...data.shape]),
  };
  rest.dispose();
  return { inside, outside, dispose: () => tf.dispose([inside, Object.values(outside)]) };
}

async function otherDatasets({ data, dataFolder: folder }: Context): Promise<Record<string, Dataset>> {
  switch (data.name) {
    case "cifar10":
      return {
        SVHN: await loadDataset("svhn", { folder, part: "test" }),
        "CIFAR-100": await loadDataset("cifar100", { folder, part: "test" }),
      };
    case "mnist":
      return { "Fashion-MNIST": (await readParts("fashion-mnist", folder)).test };
    case "fashion-mnist":
      return { MNIST: (await readParts("mnist", folder)).test };
    case "synthetic":
      return {};
  }
}

function imagesOf(dataset: Dataset, start: number, count: number): tf.Tensor4D {
  const { x, labels } = batchTensor(
    dataset,
    Int32Array.from({ length: count }, (_, i) => start + i),
  );
  labels.dispose();
  return x as tf.Tensor4D;
}
